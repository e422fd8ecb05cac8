"""Mount the page."""

from fastapi import FastAPI

from bot.local_slack.hub import Hub


def mount_page(app: FastAPI, hub: Hub) -> None:
    """Say where the APIs are."""

    @app.get("/")
    async def root() -> dict[str, str]:
        return {"api": f"{hub.base_url}/api/", "people": f"{hub.base_url}/local/"}
