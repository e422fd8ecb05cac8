"""The `deskhand` command: mounts the commands of every package."""

import sys

import typer

from bot.logs import to_stderr


def main() -> None:
    """Run it. A process command loads nothing but what that process needs."""
    from bot import processes

    to_stderr("warning")
    if len(sys.argv) > 1 and sys.argv[1] in processes.NAMES:
        _run_process(processes.app)
    else:
        build()()


def _run_process(app: typer.Typer) -> None:
    try:
        app()
    except Exception as error:
        # Known errors become a sentence. What knows them is loaded only now: no process carries it for nothing.
        from workers.commands.shared import KNOWN
        from workers.runbooks.errors import RunbookError

        if not isinstance(error, (*KNOWN, RunbookError)):
            raise
        sys.exit(str(error))


def build() -> typer.Typer:
    """The whole command line."""
    import classifier.commands
    import classifier.data_commands
    import knowledge_base.commands
    from bot import desk_commands, knowledge_commands, processes
    from workers.commands import (
        audit,
        automations,
        encoders,
        explaining,
        knowledge,
        labelling,
        models,
        oversight,
        starter,
        tickets,
        trainings,
    )  # fmt: skip

    app = typer.Typer(
        name="deskhand",
        help="An IT service desk that lives in Slack.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,
    )
    for command in (*desk_commands.app.registered_commands, *processes.app.registered_commands):
        app.registered_commands.append(command)
    app.command("init")(starter.init)
    app.command("served")(models.served)
    articles = _with(
        knowledge_base.commands.app, sync=models.sync, rollback=models.rollback_knowledge,
        draft=knowledge.draft, report=knowledge.report, answers=knowledge_commands.answers,
        correct=knowledge_commands.correct, feedback=knowledge_commands.feedback,
        adapt=encoders.adapt, promote=encoders.promote, versions=encoders.versions,
    )  # fmt: skip
    articles.add_typer(knowledge.gaps_app, name="gaps")
    app.add_typer(articles, name="kb")
    sorting = _with(
        classifier.commands.app, promote=models.promote, rollback=models.rollback_classifier,
        explain=explaining.explain,
        compare=oversight.compare, shadow=oversight.shadow, disagreements=oversight.disagreements,
        watch=oversight.watched, replay=oversight.replay_, drift=oversight.drift_,
    )  # fmt: skip
    sorting.command("import")(classifier.data_commands.import_)
    sorting.add_typer(labelling.app, name="suspects")
    app.add_typer(sorting, name="classifier")
    app.add_typer(starter.app, name="starter")
    app.add_typer(tickets.app, name="tickets")
    app.add_typer(trainings.app, name="trainings")
    app.add_typer(automations.app, name="automations")
    app.add_typer(audit.app, name="audit")
    return app


def _with(package: typer.Typer, **commands: object) -> typer.Typer:
    """A package's commands; those that must reach every process are the workers' ones."""
    mounted = typer.Typer(help=package.info.help, no_args_is_help=True)
    mounted.registered_commands = [c for c in package.registered_commands if c.name not in commands]
    for name, command in commands.items():
        mounted.command(name)(command)  # type: ignore[type-var]  # a function; typer wants it proved
    return mounted


if __name__ == "__main__":
    main()
