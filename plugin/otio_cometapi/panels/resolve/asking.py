"""How the editor is asked: a page in the browser, since not every Resolve gives scripts a window of their own."""

import html
import io
import secrets
import sys
import threading
import webbrowser
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence, Tuple
from urllib.parse import parse_qs

_PATIENCE_S = 3600.0
"""How long a question stands before the script gives up; what was sent goes on without it."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
_LAST_LOOK_S = 10.0
"""How long the page is served after the end; it looks every two seconds."""
_LONGEST_BODY = 100000
_STYLE = (
    "body{font:16px system-ui,sans-serif;background:#1e1e20;color:#ddd;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.3rem}label{display:block;margin:.8rem 0 .2rem}input,select,textarea{width:100%;font:inherit;"
    "background:#2a2a2e;color:#eee;border:1px solid #555;padding:.4rem;box-sizing:border-box}button{font:inherit;"
    "margin:1.2rem .6rem 0 0;padding:.5rem 1.2rem}td,th{text-align:left;padding:.2rem .8rem .2rem 0;"
    "vertical-align:top}a{color:#8ac}"
)


class Field(NamedTuple):
    """One thing to fill in."""

    name: str
    label: str
    value: str = ""
    """What stands there at first."""
    choices: Tuple[Tuple[str, str], ...] = ()
    """Values with their labels, where only these are possible."""


class Form(NamedTuple):
    """One question."""

    title: str
    lines: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    """A table, its heads first."""
    fields: Sequence[Field] = ()
    buttons: Sequence[Tuple[str, str]] = ()
    """Values with their labels; the first is the usual one."""
    link: str = ""
    """An address to go to."""


Answers = Optional[Dict[str, str]]
"""What was filled in, and ``button``; None: nobody answered."""


class Console:
    """Asks in a terminal, for a script that was started from one."""

    def __init__(self, read: Callable[[str], str] = input, out: Any = None) -> None:
        """Ask through *read* and tell on *out*."""
        self._read = read
        self._out = out or sys.stdout or io.StringIO()
        self._last: Tuple[str, ...] = ()

    def ask(self, form: Form) -> Answers:
        """Show a form and return what was filled in."""
        self.tell(form.title, form.lines, form.link)
        widths = [max(len(str(cell)) for cell in column) for column in zip(*form.rows)] if form.rows else []
        for row in form.rows:
            self._put("  " + "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())
        found = {}
        try:
            for field in form.fields:
                found[field.name] = self._filled(field)
            found["button"] = self._pressed(form.buttons)
        except EOFError:
            return None
        return found

    def tell(self, title: str, lines: Sequence[str] = (), link: str = "") -> None:
        """Say what goes on, once."""
        said = (title, *lines, link) if link else (title, *lines)
        for text in said if said != self._last else ():
            self._put(text)
        self._last = said

    def end(self, title: str, lines: Sequence[str] = ()) -> None:
        """Say what came of it all."""
        self.tell(title, lines)

    def _filled(self, field: Field) -> str:
        for number, (value, label) in enumerate(field.choices, start=1):
            self._put(f"  {number}  {label}{'  [usual]' if value == field.value else ''}")
        given = self._read(field.label + (f" [{field.value}]: " if field.value else ": ")).strip()
        if field.choices and given.isdigit() and 1 <= int(given) <= len(field.choices):
            return field.choices[int(given) - 1][0]
        return given or field.value

    def _pressed(self, buttons: Sequence[Tuple[str, str]]) -> str:
        said = ", ".join(f"{number} = {label}" for number, (_, label) in enumerate(buttons, start=1))
        given = self._read(said + ": ").strip()
        if given.isdigit() and 1 <= int(given) <= len(buttons):
            return buttons[int(given) - 1][0]
        return ""

    def _put(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


class _Server(ThreadingMixIn, TCPServer):
    """One thread for each connection, since browsers open some that they do not use."""

    daemon_threads = True
    allow_reuse_address = True


class Page:
    """Asks on a page that this script serves to this machine's browser, at an address that nobody can guess."""

    def __init__(self, open_page: Callable[[str], Any] = webbrowser.open, out: Any = None) -> None:
        """Open the page with *open_page*; where that cannot be, its address stands on *out*."""
        self._token = secrets.token_urlsafe(24)
        self._form: Optional[Form] = None
        self._said: Tuple[str, Sequence[str], str] = ("CometAPI takes", (), "")
        self._ended = False
        self._answers: Dict[str, str] = {}
        self._answered = threading.Event()
        self._shown_last = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/{self._token}"
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        self._out = out or sys.stdout or io.StringIO()
        if not open_page(self.url):
            self._out.write(f"Open this address in a browser: {self.url}\n")

    def ask(self, form: Form) -> Answers:
        """Show a form, wait, and return what was filled in."""
        self._answered.clear()
        self._form = form
        answered = self._answered.wait(_PATIENCE_S)
        self._form = None
        return dict(self._answers) if answered else None

    def tell(self, title: str, lines: Sequence[str] = (), link: str = "") -> None:
        """Say what goes on; the page looks again every two seconds."""
        self._said = (title, tuple(lines), link)

    def end(self, title: str, lines: Sequence[str] = ()) -> None:
        """Say what came of it all, in Resolve's console too, and stop serving once the page had time to show it."""
        self._out.write("\n".join([title, *lines]) + "\n")
        self._said = (title, tuple(lines), "")
        self._ended = True
        self._shown_last.wait(_LAST_LOOK_S)
        self._server.shutdown()
        self._server.server_close()

    def allows(self, path: str, host: str) -> bool:
        """Tell whether a request may be answered: our address, by our name."""
        return secrets.compare_digest(path.strip("/"), self._token) and host == self.url.split("/")[2]

    def answer(self, body: str) -> None:
        """Take what was sent."""
        form = self._form
        if form is None or self._answered.is_set():
            return
        sent = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        names = [field.name for field in form.fields] + ["button"]
        self._answers = {name: sent.get(name, "").strip() for name in names}
        self._answered.set()

    def shown(self) -> str:
        """Return the page as it stands now."""
        if self._form is not None and not self._answered.is_set():
            return _page(self._form.title, _form_of(self._form))
        title, lines, link = self._said
        body = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
        body += _link(link)
        if self._ended:
            self._shown_last.set()
        return _page(title, body, again=not self._ended)


def _page(title: str, body: str, again: bool = False) -> str:
    refresh = '<meta http-equiv="refresh" content="2">' if again else ""
    head = f'<meta charset="utf-8">{refresh}<title>CometAPI takes</title><style>{_STYLE}</style>'
    shown = f"<main><h1>{html.escape(title)}</h1>{body}</main>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{shown}</body></html>'


def _form_of(form: Form) -> str:
    parts = [f"<p>{html.escape(line)}</p>" for line in form.lines]
    if form.rows:
        parts.append(
            "<table>{}</table>".format("".join(_row(row, "td" if n else "th") for n, row in enumerate(form.rows)))
        )
    parts.append(_link(form.link) + '<form method="post">')
    parts.extend(_field(field) for field in form.fields)
    for value, label in form.buttons:
        parts.append(f'<button name="button" value="{html.escape(value)}">{html.escape(label)}</button>')
    return "".join(parts) + "</form>"


def _link(address: str) -> str:
    shown = html.escape(address)
    return f'<p><a href="{shown}" target="_blank" rel="noopener">{shown}</a></p>' if address else ""


def _row(row: Sequence[str], cell: str) -> str:
    return "<tr>{}</tr>".format("".join(f"<{cell}>{html.escape(str(each))}</{cell}>" for each in row))


def _field(field: Field) -> str:
    name, value = html.escape(field.name), html.escape(field.value)
    inner = f'<input id="{name}" name="{name}" value="{value}">'
    if field.choices:
        options = [
            '<option value="{}"{}>{}</option>'.format(
                html.escape(each), " selected" if each == field.value else "", html.escape(label)
            )
            for each, label in field.choices
        ]
        inner = '<select id="{}" name="{}">{}</select>'.format(name, name, "".join(options))
    return f'<label for="{name}">{html.escape(field.label)}</label>{inner}'


def _handler(page: Page) -> Any:
    """Return what answers the browser."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 20.0

        def do_GET(self) -> None:
            self._put(200 if self._ours() else 404)

        def do_POST(self) -> None:
            ours = self._ours() and self.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
            length = int(self.headers.get("Content-Length") or 0)
            if ours and length <= _LONGEST_BODY:
                page.answer(self.rfile.read(length).decode("utf-8", "replace"))
                self.send_response(303)
                self.send_header("Location", self.path)
                self.end_headers()
                return
            self._put(404)

        def _ours(self) -> bool:
            return page.allows(self.path, self.headers.get("Host", ""))

        def _put(self, status: int) -> None:
            body = page.shown().encode("utf-8") if status == 200 else b""
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Content-Security-Policy", _POLICY)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing on the terminal."""

    return Handler
