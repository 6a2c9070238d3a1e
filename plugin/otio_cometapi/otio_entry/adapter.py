"""
CometAPI jobs as a timeline format: a folder ``NAME.cometjob``.

Writing plans and exports the selected clips, and sends them only with submit=1. Reading lays the finished takes
onto the timeline that was written last, offline unless collect or wait is given.

Writing (-A): select, exclude (marker:GREEN, track:V2, name:sh0*, meta:path=value, range:TC-TC, at:TRACK@TC, all;
commas between), prompt, model, seed, ratio, references, moderation, takes, look (a TOML or CSV file), handles, budget
(120s or 20usd), media_root (where relative media URLs begin), deinterlace, vfr (refuse or convert), lut (a .cube file),
keyframe, parts, overlap, reuse, prompts_from (a studio's prompt source), publish (s3://BUCKET/PREFIX), publish_map
(FOLDER=URL), submit.
Reading (-a): timeline (by name), collect=1 (one look at the service), wait=SECONDS, require=all, poll_interval,
conform (auto, index, time, trim, refuse or hold), codec (h264, prores or dnxhr), sound (none or source),
host (resolve, premiere, avid, kdenlive, hiero, rv, xstudio, mlt, ges, blender), placement (reference or track),
url_style (path or file-uri), rebase=1 (ranges count frames of the files from 0, active references alone), take (by
number or id).
"""

from __future__ import annotations

from typing import Any

from otio_cometapi.otio_entry import work


def write_to_file(  # noqa: PLR0913, PLR0917 - these names are the adapter's arguments, which otiopluginfo lists
    input_otio: Any,
    filepath: str,
    select: str = "",
    exclude: str = "",
    prompt: str = "",
    model: str = "",
    seed: int | None = None,
    look: str = "",
    submit: bool | None = None,
    budget: str = "",
    media_root: str = "",
    **more: Any,
) -> None:
    """
    Plan and export the selected clips of a timeline into the job at *filepath*; send them only with submit=1.

    Args:
        input_otio: The timeline; it is not changed.
        filepath: The job folder; one that exists takes the timeline in and pays only for what is new.
        select: Such as ``marker:GREEN,track:V2`` or ``all``; empty: clips with a marker that begins ``comet:``.
        exclude: The same, for clips to leave out.
        prompt: What the model is asked to do.
        model: Model id.
        seed: 0 to 4294967295.
        look: A TOML or CSV file of looks.
        submit: 1 sends, and spends; without it COMETAPI_ADAPTER_SUBMIT=1 does.
        budget: ``120s`` or ``20usd``: what the job may spend within 24 hours.
        media_root: Where relative media URLs begin; default: the current directory.
        more: ``ratio``, ``references``, ``moderation``, ``handles``, ``takes``, ``keyframe``, ``parts``, ``overlap``,
            ``reuse``, ``deinterlace``, ``vfr``, ``lut``, ``prompts_from``, ``publish`` and ``publish_map``.
    """
    look_values = {"prompt": prompt, "model": model, "seed": seed}
    work.write(
        input_otio,
        filepath,
        {**look_values, **more, "select": select, "exclude": exclude, "look": look, "media_root": media_root},
        submit=submit,
        budget=budget,
    )


def read_from_file(  # noqa: PLR0913, PLR0917 - as above
    filepath: str,
    timeline: str = "",
    collect: bool = False,
    wait: float | None = None,
    require: str = "",
    poll_interval: float = 5.0,
    conform: str | None = None,
    codec: str | None = None,
    sound: str | None = None,
    host: str = "",
    placement: str = "",
    url_style: str = "",
    rebase: bool | None = None,
    take: Any = "",
    align: Any = None,
    **other: Any,
) -> Any:
    """
    Return the timeline of the job at *filepath*, with its finished takes laid on.

    Touches no network without *collect* or *wait*, and never spends.

    Args:
        filepath: The job folder, without a trailing slash.
        timeline: One of the job's timelines, by name; default: the latest.
        collect: 1 looks at every open task once and brings finished outputs home.
        wait: Seconds to wait for open tasks.
        require: ``all`` fails when a take is not ready.
        poll_interval: Seconds between two looks at one task.
        conform: How an output of another length is laid onto its span; as the job was told last.
        codec: What media is written in; as the job was told last.
        sound: ``source`` for the source's sound; as the job was told last.
        host: Who will open the output; the arguments below follow it where they say nothing.
        placement: ``reference`` beside the original, or ``track`` above the cut.
        url_style: ``path`` or ``file-uri``.
        rebase: 1 counts frames of the files from 0 and keeps the active references alone.
        take: The take to show, by number or id; commas between several.
        align: 1 moves an output back that surely runs ahead or behind; as the job was told last.
        other: Refused by name, with the argument that was probably meant.
    """
    if other:
        work.refuse_unknown(other, read_from_file)
    return work.read(
        filepath,
        timeline=timeline,
        collect=collect,
        wait=wait,
        require=require,
        poll_interval=poll_interval,
        media={"conform": conform, "codec": codec, "sound": sound, "align": align},
        delivery={"host": host, "placement": placement, "url_style": url_style, "rebase": rebase},
        take=take,
    )
