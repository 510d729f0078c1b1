"""`projects:`: settings for some projects only, by patterns of their paths."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from handoff.config import config_file, model, projects
from handoff.config.problem import Source
from handoff.runtime import Runtime, config_files

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

HOME = "/home/robin"


def project(*paths: str) -> projects.Project:
    """A project at these paths, of a user whose home is `HOME`."""
    return projects.Project(HOME, paths)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("~/work/site", "/home/robin/work/site", True),
        ("~/work/site", "/home/robin/work/site/deep", False),
        ("~/work/site", "/home/robin/work/sites", False),
        ("~/work/client-*", "/home/robin/work/client-a", True),
        ("~/work/client-*", "/home/robin/work/client-a/deep", False),
        ("~/work/client-*", "/home/robin/work/deep/client-a", False),
        ("~/work/client-*", "/home/robin/work/client", False),
        ("~/work/*", "/home/robin/work", False),
        ("~/oss/**", "/home/robin/oss/a", True),
        ("~/oss/**", "/home/robin/oss/a/b/c", True),
        ("~/oss/**", "/home/robin/oss", True),
        ("~/oss/**", "/home/robin/ossified", False),
        ("~/oss/", "/home/robin/oss/a/b", True),
        ("~/oss/**/fork", "/home/robin/oss/fork", True),
        ("~/oss/**/fork", "/home/robin/oss/a/b/fork", True),
        ("~/oss/**/fork", "/home/robin/oss/a/b/fork/c", False),
        ("~/oss/**/a/**/b", "/home/robin/oss/a/a/x/b/b", True),
        ("/**/client-*", "/srv/x/client-1", True),
        ("/**", "/", True),
        ("/", "/srv", True),
        ("/srv/p?", "/srv/p1", True),
        ("/srv/p[12]", "/srv/p3", False),
        ("/srv//x/../p1", "/srv/p1", True),
        ("/SRV/p1", "/srv/p1", False),
    ],
)
def test_what_a_pattern_matches(pattern: str, path: str, *, matches: bool) -> None:
    """`*` within one name, `**` over any number of folders, none included; the whole path."""
    assert projects.matches(pattern, project(path)) is matches


def test_many_wildcards_take_no_time() -> None:
    """A pattern is held against a path in one pass."""
    path = "/" + "a/" * 200 + "b"
    assert not projects.matches("/**/a" * 60 + "/c", project(path))


@pytest.mark.parametrize("pattern", ["{0}/link", "{0}/li*", "{0}/**", "{0}/real", "{0}/link/"])
def test_links_are_resolved_on_both_sides(pattern: str, tmp_path: Path) -> None:
    """A project is matched by its real path and by a link to it, as by a folder with one above."""
    (tmp_path / "base" / "real").mkdir(parents=True)
    (tmp_path / "base" / "link").symlink_to("real")
    (tmp_path / "alias").symlink_to("base")
    real = str(tmp_path / "base" / "real")

    for base in ("base", "alias"):
        assert projects.matches(pattern.format(tmp_path / base), project(real))
    assert not projects.matches(f"{tmp_path}/alias/re", project(real))


def load(user: Path, where: projects.Project, team: Path | None = None) -> config_file.Loaded:
    """What is in force for a project."""
    files = [str(user), str(team or user.with_name("none.yaml"))]
    return config_file.load_with_sources(files, where)


ENTRIES = """mode: write
projects:
  ~/oss/**: {mode: notify, thresholds: {handoff: {context: 150k}}}
  ~/oss/mine: {mode: write}
  ~/work/*:
    commit: ref
    thresholds:
      warn: {cost_usd: 2}
"""


@pytest.mark.parametrize(
    ("path", "mode", "commit", "context"),
    [
        ("~/elsewhere", "write", "branch", ["70%", 200_000]),
        ("~/oss/theirs", "notify", "branch", [150_000]),
        ("~/oss/mine", "write", "branch", [150_000]),
        ("~/work/site", "write", "ref", ["70%", 200_000]),
    ],
)
def test_all_entries_that_match_apply_in_order(
    path: str, mode: str, commit: str, context: list[Any], tmp_path: Path
) -> None:
    """A later entry is laid over an earlier one, key by key; what none sets stays."""
    user = tmp_path / "config.yaml"
    user.write_text(ENTRIES)

    loaded = load(user, project(path.replace("~", HOME)))

    config = loaded.config
    assert loaded.problems == []
    assert (config.mode, config.commit, config.threshold("handoff")["context"]) == (
        mode,
        commit,
        context,
    )
    assert config.threshold("warn")["context"] == ["50%", 120_000]
    assert model.DEFAULTS["thresholds"]["handoff"]["context"] == ["70%", 200_000]


def test_each_value_has_its_source(tmp_path: Path) -> None:
    """The file, the line and the pattern that set it; a default has none."""
    user, team = tmp_path / "config.yaml", tmp_path / "team.yaml"
    user.write_text(ENTRIES)
    team.write_text("thresholds:\n  warn: {five_hour: 50%, cost_usd: 1}\n")

    sources = load(user, project(f"{HOME}/work/site"), team).sources

    assert sources == {
        "mode": Source(str(user), 1),
        "commit": Source(str(user), 6, "~/work/*"),
        "thresholds.warn.cost_usd": Source(str(user), 8, "~/work/*"),
        "thresholds.warn.five_hour": Source(str(team), 2),
        "projects": Source(str(user), 2),
    }


def test_an_entry_comes_before_the_teams_file(tmp_path: Path) -> None:
    """What the user sets for a project is what the user wants; the rest is the team's."""
    user, team = tmp_path / "config.yaml", tmp_path / "team.yaml"
    user.write_text("projects: {/p: {thresholds: {handoff: {context: 90%}}}}")
    team.write_text("thresholds: {handoff: {context: 60%, five_hour: 80%}}")

    handoff = load(user, project("/p"), team).config.threshold("handoff")
    elsewhere = load(user, project("/q"), team).config.threshold("handoff")

    assert (handoff["context"], handoff["five_hour"]) == (["90%"], 80.0)
    assert elsewhere["context"] == ["60%"]


def test_the_teams_file_has_no_projects(tmp_path: Path) -> None:
    """A repository says nothing about others."""
    user, team = tmp_path / "config.yaml", tmp_path / "team.yaml"
    team.write_text("\nprojects: {/p: {mode: write}}")

    loaded = load(user, project("/p"), team)

    assert [str(problem) for problem in loaded.problems] == [
        f"{team}:2: projects cannot be set in the team's file, only in your own"
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("projects: [a]", 1, "projects must be a mapping, such as ~/work/client-*: {commit: ref}"),
        ("projects: null", 1, "projects must be a mapping"),
        ("projects:\n  work/*: {}", 2, "projects: work/*: must be a path that begins with / or ~/"),
        ("projects:\n  ~robin/*: {}", 2, "must be a path that begins with / or ~/"),
        ("projects:\n  5: {}", 2, "projects: 5: must be a path"),
        ("projects:\n  ? [a]\n  : {}", 2, "must be a path"),
        ('projects:\n  "/a\\nb": {}', 2, "projects: '/a\\nb': must be a path"),
        ("projects:\n  /p:", 2, "projects: /p: must be a mapping; its keys: mode, commit, thres"),
        ("projects:\n  /p: off", 2, "projects: /p: must be a mapping"),
        ("projects:\n  /p:\n    mdoe: off", 3, "/p: unknown key mdoe; did you mean mode?"),
        ("projects:\n  /p: {colour: 1}", 2, "unknown key colour; known: mode, commit, thresholds"),
        ("projects:\n  /p: {mode: nofity}", 2, "not 'nofity' (did you mean notify?)"),
        ("projects:\n  /p: {meter: off}", 2, "/p: meter can only be set for all projects, not"),
        ("projects:\n  /p: {thresholds: {warm: {}}}", 2, "did you mean thresholds.warn?"),
        (
            "projects:\n  /p: {thresholds: {handoff: {context: [50%, 60]}}}",
            2,
            "projects: /p: thresholds.handoff.context: 60 means 60 tokens; write 60% or 60k",
        ),
        ("projects:\n  /p: {}\n  /p: {}", 3, "projects: duplicate key /p; the last one is used"),
        ("projects:\n" + "".join(f"  /{n}: {{}}\n" for n in range(101)), 2, "only the first 100"),
    ],
)
def test_every_mistake_is_named_with_its_line(
    text: str, line: int, words: str, tmp_path: Path
) -> None:
    """Also of an entry for another project; the value stays what it would be without it."""
    user = tmp_path / "config.yaml"
    user.write_text(text)

    for path in ("/p", "/q"):
        loaded = load(user, project(path))
        told = [str(problem) for problem in loaded.problems]
        assert len(told) == 1
        assert told[0].startswith(f"{user}:{line}: ")
        assert words in told[0]
        assert loaded.config.mode == "write"


def test_the_last_of_two_entries_with_one_pattern_is_used(tmp_path: Path) -> None:
    """As with every key that is there twice."""
    user = tmp_path / "config.yaml"
    user.write_text("projects:\n  /p: {mode: off}\n  /*: {mode: notify}\n  /p: {commit: ref}")

    config = load(user, project("/p")).config

    assert (config.mode, config.commit) == ("notify", "ref")


def test_a_warning_above_an_entrys_handoff(tmp_path: Path) -> None:
    """Told at the entry, with the place of the other value; elsewhere there is no mistake."""
    user = tmp_path / "config.yaml"
    user.write_text(
        "thresholds: {warn: {context: 180k}}\n"
        "projects:\n  /p: {thresholds: {handoff: {context: 150k}}}"
    )

    loaded = load(user, project("/p"))

    assert [str(problem) for problem in loaded.problems] == [
        f"{user}:3: thresholds.warn.context (180k, line 1) is above thresholds.handoff.context "
        "(150k): lower the first or raise the second"
    ]
    assert loaded.config.threshold("warn")["context"] == ["50%", 120_000]
    assert load(user, project("/q")).problems == []


class TestRuntime:
    """Which paths a project has, and what the hooks read without YAML."""

    @pytest.fixture
    def user(self, own_home: Path) -> Path:
        """The user's file."""
        path = own_home / ".config" / "handoff" / "config.yaml"
        path.parent.mkdir(parents=True)
        return path

    @pytest.fixture
    def runtime(self, user: Path) -> Runtime:  # noqa: ARG002 - the home is the fixture's
        return Runtime(os.environ, full=True)

    def test_each_project_is_compiled_by_itself(
        self, user: Path, runtime: Runtime, tmp_path: Path
    ) -> None:
        """A hook without YAML reads for each project what was compiled for it."""
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
        user.write_text(f"projects: {{{tmp_path}/one: {{mode: notify, commit: ref}}}}")
        compiled = [runtime.config(str(tmp_path / name)) for name in ("one", "two")]

        bare = Runtime(os.environ, full=False, home=runtime.home)
        read = [bare.config(str(tmp_path / name)) for name in ("one", "two")]

        assert [config.mode for config in compiled] == ["notify", "write"]
        assert [config.values for config in read] == [config.values for config in compiled]

    def test_a_folder_of_a_repository_is_its_project(
        self, user: Path, runtime: Runtime, repo: Repo
    ) -> None:
        """The root counts, from wherever in it."""
        (repo.root / "deep").mkdir()
        user.write_text(f"projects: {{{repo.root}: {{mode: notify}}}}")

        assert runtime.config(str(repo.root / "deep")).mode == "notify"

    def test_a_worktree_follows_its_main_checkout(
        self, user: Path, runtime: Runtime, repo: Repo, tmp_path: Path
    ) -> None:
        """Wherever it is; an entry for its own path that comes later is laid over."""
        linked = tmp_path / "elsewhere" / "linked"
        repo.git("worktree", "add", "-q", str(linked))
        user.write_text(f"projects: {{{repo.root}: {{mode: notify, commit: ref}}}}")
        assert (runtime.config(str(linked)).mode, runtime.config(str(linked)).commit) == (
            "notify",
            "ref",
        )

        user.write_text(
            f"projects: {{{repo.root}: {{mode: notify, commit: ref}}, {linked}: {{mode: off}}}}"
        )
        assert runtime.config(str(linked)).mode == "off"
        assert runtime.config(str(repo.root)).mode == "notify"


def test_many_entries_cost_the_hooks_nothing(repo: Repo, own_home: Path) -> None:
    """Each of them reads all that is compiled, of every project: it has no entry again."""
    file = own_home / ".config" / "handoff" / "config.yaml"
    file.parent.mkdir(parents=True)
    entries = [f"  ~/work/client-{number}/**: {{mode: off}}\n" for number in range(90)]
    file.write_text(f"projects:\n  {repo.root}: {{mode: notify}}\n{''.join(entries)}")

    runtime = Runtime(os.environ, full=True)
    assert runtime.config(str(repo.root)).mode == "notify"
    cached = model.load_cached(runtime.home, config_files(os.environ, str(repo.root)))
    assert cached is not None
    assert cached.mode == "notify"
    with open(model.cache_file(runtime.home), encoding="utf-8") as written:
        assert "client-" not in written.read()


def test_a_link_that_cannot_be_read_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is taken as it is: `/proc/1/cwd` is one."""
    (tmp_path / "one").symlink_to(tmp_path)

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "readlink", refuse)
    assert projects.matches(f"{tmp_path}/o*/**", project(f"{tmp_path}/one/deep"))
    assert not projects.matches(f"{tmp_path}/o*/**", project("/elsewhere"))
