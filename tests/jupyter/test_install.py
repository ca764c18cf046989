"""What an installed wheel sets in Jupyter."""

import json
import pathlib
import sys

import wsdemo
import wsdemo.jupyter


def test_the_wheel_enables_the_extension():
    config = pathlib.Path(wsdemo.__file__).parent / "jupyter_server_config.json"
    enabled = json.loads(config.read_text(encoding="utf-8"))
    assert enabled == {"ServerApp": {"jpserver_extensions": {wsdemo.jupyter.__name__: True}}}
    assert installed("jupyter_server_config.d") == enabled


def test_the_wheel_keeps_release_news_off_the_first_screen_and_shows_markdown_as_pages():
    assert installed("labconfig/default_setting_overrides.d") == {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},
        "@jupyterlab/docmanager-extension:plugin": {
            "defaultViewers": {"markdown": "Markdown Preview"}
        },
    }


def installed(folder):
    file = pathlib.Path(sys.prefix, "etc/jupyter", folder, "wsdemo.json")
    return json.loads(file.read_text(encoding="utf-8"))
