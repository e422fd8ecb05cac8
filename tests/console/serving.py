"""The console as a process of its own: `python -m tests.console.serving HOME PORT`, on a world that was made before."""

import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from bot.console.app import mount
from bot.knowledge import Knowledge
from tests.console.world import World, open_world
from workers.training import runs


def build(world: World) -> FastAPI:
    """The console with the real services; which lanes it wants sent is written into a file."""
    app, told = FastAPI(), world.desk.settings.home / "sent-lanes"

    def request_training(workspace: str, handle: str, kind: runs.Kind) -> int:
        with world.desk.store.begin() as session:
            return runs.request(session, workspace, handle, kind).id

    def resume_training(workspace: str, handle: str, run_id: int) -> None:
        with world.desk.store.begin() as session:
            runs.resume(session, workspace, run_id, handle)

    def send(lane: str) -> None:
        with told.open("a", encoding="utf-8") as file:
            file.write(lane + "\n")

    mount(
        app,
        world.desk,
        Knowledge.of(world.desk),
        request_training=request_training,
        resume_training=resume_training,
        send=send,
    )
    return app


if __name__ == "__main__":
    uvicorn.run(build(open_world(Path(sys.argv[1]))), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
