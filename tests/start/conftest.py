"""What the tests of start.py are given."""

import shutil

import pytest

import start


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a copy of the project's folder as start.py sees it, with nothing set up."""
    venv = tmp_path / ".venv"
    bin = venv / start.BIN.name
    for name, path in {
        "ROOT": tmp_path,
        "VENV": venv,
        "BIN": bin,
        "PYTHON": bin / start.PYTHON.name,
        "UV": bin / start.UV.name,
        "MARK": venv / start.MARK.name,
        "LOCK": tmp_path / "requirements.lock",
        "PYPROJECT": tmp_path / "pyproject.toml",
    }.items():
        monkeypatch.setattr(start, name, path)
    start.LOCK.write_text("websockets==17.4\n")
    start.PYPROJECT.write_text("[project]\n")
    return tmp_path


@pytest.fixture
def steps(home, monkeypatch):
    """Record the steps of a set-up in place of running them; those named in `failing` fail."""

    class Steps(list):
        failing = ()

        def run(self, title, command):
            self.append(command)
            if "venv" in command:
                shutil.rmtree(start.VENV, ignore_errors=True)
                start.BIN.mkdir(parents=True)
                start.PYTHON.touch()
            elif start.UV_REQUIREMENT in command and "uv" not in self.failing:
                start.UV.touch()
            return not any(word in title for word in self.failing)

        def tools(self):
            """Give each step's kind: making the environment, fetching uv, installing."""
            kinds = []
            for command in self:
                if "venv" in command:
                    kinds.append("venv")
                elif start.UV_REQUIREMENT in command:
                    kinds.append("fetch uv")
                elif command[0] == "npm":
                    kinds.append("npm")
                else:
                    kinds.append("uv" if command[0] == str(start.UV) else "pip")
            return kinds

    recorded = Steps()
    monkeypatch.setattr(start, "run_step", recorded.run)
    monkeypatch.setattr(start.shutil, "which", lambda name: None)
    return recorded
