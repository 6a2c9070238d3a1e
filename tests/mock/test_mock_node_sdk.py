"""The official SDK for Node, pointed at the simulator."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from cometapi_mock.server import MockServer

VERSION = "4.20.1"
SCRIPT = """
import RunwayML from '@runwayml/sdk';
const [baseURL, videoUri] = process.argv.slice(2);
const client = new RunwayML({ apiKey: 'any', baseURL, maxRetries: 0 });
const told = {};
const body = { model: 'gen4_aleph', videoUri, promptText: 'make it snow', seed: 7 };
const created = await client.videoToVideo.create(body);
let task = await client.tasks.retrieve(created.id);
told.first = task.status;
for (let polls = 0; polls < 10 && task.status !== 'SUCCEEDED'; polls++) task = await client.tasks.retrieve(created.id);
told.last = task.status;
const output = await fetch(task.output[0]);
told.bytes = (await output.arrayBuffer()).byteLength;
told.length = Number(output.headers.get('content-length'));
told.errors = [];
for (const scenario of ['create_refused', 'create_401', 'create_429', 'lost_409', 'lost_502', 'lost_reset']) {
  try {
    await client.videoToVideo.create({ ...body, promptText: `[[scenario:${scenario}]]` });
  } catch (error) {
    told.errors.push(error.constructor.name);
  }
}
const waited = await client.videoToVideo.create({ ...body, seed: 8 });
await fetch(new URL('/_mock/advance', baseURL), { method: 'POST', body: '{"seconds": 60}' });
told.waited = (await client.tasks.retrieve(waited.id).waitForTaskOutput()).status;
console.log(JSON.stringify(told));
"""


@pytest.mark.proof
def test_the_node_sdk_creates_waits_and_meets_its_errors(server: MockServer, tmp_path: Path, clip_path: Path) -> None:
    """It creates a task, waits for it, downloads its output whole, and meets errors as its own classes."""
    (tmp_path / "road.mjs").write_text(SCRIPT)
    install = ["npm", "install", "--no-audit", "--no-fund", "--silent", f"@runwayml/sdk@{VERSION}"]
    subprocess.run(install, cwd=tmp_path, check=True, timeout=150, capture_output=True)
    arguments = ["node", "road.mjs", f"{server.url}/runwayml", "https://media.example.com/shots/sh010.mp4"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["first"], told["last"], told["waited"]) == ("PENDING", "SUCCEEDED", "SUCCEEDED")
    assert told["bytes"] == told["length"] > 10_000
    assert told["errors"] == [
        "BadRequestError",
        "AuthenticationError",
        "RateLimitError",
        "ConflictError",
        "InternalServerError",
        "APIConnectionError",
    ]
