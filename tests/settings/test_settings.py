from pathlib import Path

import pytest

from chimera_tui.domain.errors import ChimeraError, InvalidFileError
from chimera_tui.settings.settings import (
    HOSTED_PROVIDERS,
    ProviderSettings,
    Settings,
    load_settings,
    save_setting,
)

FULL = """\
# mine
theme = "chimera-light"   # the bright one
human_name = "Ada"
mode = "round_robin"
pace = 2
turn_limit = 5
priority = ["lab", "ollama"]
mouse = false
reduced_motion = true
ascii = true
safe_emoji = true
local_first = true
budget = 0
token_budget = 1000
daily_budget = 1.25

[providers.lab]
base_url = "http://127.0.0.1:8080/v1"
model = "tiny"
key_env = "LAB_KEY"
context = 4096

[providers.ollama]
model = "llama3.2"

[providers.openai]
requests_per_minute = 5
at_once = 2

[keys]
pause = "f2,space"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_a_missing_file_means_defaults(path: Path) -> None:
    settings, problem = load_settings(path)
    assert (settings, problem) == (Settings(), "")
    assert settings.mode == "natural"
    assert settings.turn_limit == 20
    assert settings.order == (*HOSTED_PROVIDERS, "lmstudio", "ollama")
    assert (settings.budget, settings.token_budget, settings.daily_budget) == (0.5, 200_000, 5.0)


def test_everything_can_be_set(path: Path) -> None:
    path.write_text(FULL)
    assert load_settings(path) == (
        Settings(
            theme="chimera-light",
            human_name="Ada",
            mode="round_robin",
            pace=2.0,
            turn_limit=5,
            priority=("lab", "ollama"),
            mouse=False,
            reduced_motion=True,
            ascii=True,
            safe_emoji=True,
            local_first=True,
            budget=0,
            token_budget=1000,
            daily_budget=1.25,
            providers={
                "lab": ProviderSettings(
                    base_url="http://127.0.0.1:8080/v1",
                    model="tiny",
                    key_env="LAB_KEY",
                    context=4096,
                ),
                "ollama": ProviderSettings(model="llama3.2"),
                "openai": ProviderSettings(requests_per_minute=5, at_once=2),
            },
            keys={"pause": "f2,space"},
        ),
        "",
    )


OWN = """\
[providers.ollama]
model = "m"
[providers.b]
base_url = "http://b"
[providers.openai]
model = "m"
[providers.a]
base_url = "https://a"
"""


@pytest.mark.parametrize(
    ("setting", "order"),
    [
        ("", (*HOSTED_PROVIDERS, "b", "a", "lmstudio", "ollama")),
        ("local_first = true", ("b", "a", "lmstudio", "ollama", *HOSTED_PROVIDERS)),
        ('priority = ["a", "gemini"]\nlocal_first = true', ("a", "gemini")),
    ],
)
def test_who_is_asked_first(path: Path, setting: str, order: tuple[str, ...]) -> None:
    path.write_text(f"{setting}\n{OWN}")
    settings, _ = load_settings(path)
    assert settings.order == order
    assert {*settings.names} == {*HOSTED_PROVIDERS, "b", "a", "lmstudio", "ollama"}


@pytest.mark.parametrize(
    ("text", "where", "allowed"),
    [
        (
            "theme = 3",
            "line 1, `theme`: expected a text, got a whole number.",
            "the name of a theme",
        ),
        ("\n\nturn_limit = 101", "line 3, `turn_limit`", "a whole number from 1 to 100"),
        ("turn_limit = 0", "line 1, `turn_limit`", "a whole number from 1 to 100"),
        ("pace = nan", "line 1, `pace`", "a number from 0 to 10"),
        ("mouse = 1", "line 1, `mouse`", "true or false"),
        ("budget = -1", "line 1, `budget`", "no limit"),
        ("daily_budget = inf", "line 1, `daily_budget`", "no limit"),
        ("token_budget = 1.5", "line 1, `token_budget`", "no limit"),
        ("[providers.openai]\nat_once = 0", "line 2, `providers.openai.at_once`", ">= 1"),
        (
            "[providers.openai]\nrequests_per_minute = 0",
            "line 2, `providers.openai.requests_per_minute`",
            "from 1 to 10000",
        ),
        ("safe_emoji = 1", "line 1, `safe_emoji`", "true or false"),
        ("mouze = true", "line 1, `mouze`: there is no such key.", "Did you mean `mouse`?"),
        ('priority = ["zz"]', "line 1, `priority`: there is no provider `zz`.", "lmstudio, ollama"),
        ("[keys]\npause = 3", "`keys`", "Allowed:"),
        (
            '[providers.x]\nmodel = "m"',
            "line 1, `providers.x`: `base_url` is missing.",
            "base_url =",
        ),
        (
            '[providers.x]\nbase_url = "ftp://x"',
            "line 2, `providers.x.base_url`",
            "http:// or https://",
        ),
        (
            '[providers.x]\nbase_url = "http://x\\ny"',
            "line 2, `providers.x.base_url`",
            "an address",
        ),
        (
            '[providers.x]\nbase_url = "http://x"\nkey = "sk"',
            "line 3, `providers.x.key`",
            "key_env",
        ),
        ('[providers.demo]\nbase_url = "http://x"', "line 1, `providers.demo`", "not `demo`"),
        ('[providers."a/b"]\nbase_url = "http://x"', "`providers.a/b`", "up to 32 of a-z"),
        ("[providers]\nx = 3", "line 2, `providers.x`: expected a table", ""),
        ("theme = ", "line 1", "Texts need quotes"),
        ("# x\na = [\n\n", "line 2", ""),
        ("x = " + "[" * 10_000, "nested too deeply", ""),
        ("\x1b]0;t\x07 = 1", "line 1", ""),
    ],
)
def test_a_broken_file_means_defaults_and_a_message(
    path: Path, text: str, where: str, allowed: str
) -> None:
    path.write_text(text)
    settings, problem = load_settings(path)
    assert settings == Settings()
    assert problem.startswith(f"`{path}`")
    assert where in problem
    assert allowed in problem
    assert "\x1b" not in problem
    assert problem.endswith("Until then the defaults hold.")
    with pytest.raises(InvalidFileError):
        save_setting(path, "theme", "x")
    assert path.read_text() == text


def test_a_value_is_changed_in_its_place(path: Path) -> None:
    path.write_text(FULL)
    save_setting(path, "theme", "other")
    assert path.read_text() == FULL.replace('"chimera-light"', '"other"')
    save_setting(path, "mouse", True)  # noqa: FBT003
    assert path.read_text() == FULL.replace('"chimera-light"', '"other"').replace(
        "mouse = false", "mouse = true"
    )


def test_a_first_value_makes_the_file(path: Path) -> None:
    save_setting(path, "theme", "other")
    assert path.read_text() == 'theme = "other"\n'
    assert load_settings(path)[0].theme == "other"


def test_a_value_that_is_not_allowed_is_not_written(path: Path) -> None:
    path.write_text(FULL)
    with pytest.raises(InvalidFileError, match="turn_limit"):
        save_setting(path, "turn_limit", 1000)
    assert path.read_text() == FULL


def test_settings_kept_elsewhere_stay_there(path: Path) -> None:
    elsewhere = path.with_name("dotfiles.toml")
    elsewhere.write_text('theme = "a"\n')
    path.symlink_to(elsewhere)
    assert load_settings(path)[0].theme == "a"
    save_setting(path, "theme", "b")
    assert path.is_symlink()
    assert elsewhere.read_text() == 'theme = "b"\n'


def test_the_folder_of_the_settings_is_made(tmp_path: Path) -> None:
    save_setting(tmp_path / "new" / "config.toml", "theme", "x")
    assert load_settings(tmp_path / "new" / "config.toml")[0].theme == "x"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ChimeraError, match=r"cannot be (read|written)"):
        save_setting(tmp_path / "file" / "config.toml", "theme", "x")


def test_a_list_is_saved_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('# mine\ntheme = "nord"\n', encoding="utf-8")
    save_setting(file, "plain_http", ("http://nas.local:1234",))
    save_setting(file, "plain_http", ("http://nas.local:1234", "http://box"))
    assert load_settings(file)[0].plain_http == ("http://nas.local:1234", "http://box")
    assert file.read_text(encoding="utf-8").startswith('# mine\ntheme = "nord"\n')


@pytest.mark.parametrize(
    "written", ["localhost:11434", "::1", " 'http://127.0.0.1:1' ", "\ufeffhttps://a", "x=http://a"]
)
def test_an_address_may_be_written_as_people_write_them(tmp_path: Path, written: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[providers.x]\nbase_url = "{written}"\n', encoding="utf-8")
    settings, problem = load_settings(file)
    assert (settings.providers["x"].base_url, problem) == (written, "")
