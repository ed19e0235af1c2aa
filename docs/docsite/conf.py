# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the site out of the guides and the reference pages: `make docs`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

ROOT = Path(__file__).resolve().parents[2]
galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))

project = f"{galaxy['namespace']}.{galaxy['name']}"
release = galaxy["version"]
copyright = galaxy["authors"][0]  # noqa: A001 - Sphinx calls it so

extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_antsibull_ext", "sphinx_copybutton"]
# Nothing is asked of the network.
intersphinx_mapping: dict[str, object] = {}
myst_heading_anchors = 4
highlight_language = "yaml+jinja"
default_role = "any"

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"top_of_page_buttons": ["view", "edit"]}
html_use_index = False

# What the reference pages refer to in Ansible's own documentation.
CORE_URL = "https://docs.ansible.com/projects/ansible/latest/reference_appendices"
CORE = {
    "ansible_configuration_settings": f"{CORE_URL}/config.html#ansible-configuration-settings",
    "common_return_values": f"{CORE_URL}/common_return_values.html#common-return-values",
}


def resolve_core(_app: Sphinx, _env: BuildEnvironment, node: nodes.Element, content: nodes.TextElement) -> nodes.reference | None:
    """Links what is not in this site but in Ansible's; anything else stays a mistake."""
    url = CORE.get(node["reftarget"])
    return nodes.reference("", "", content, internal=False, refuri=url) if url else None


def lead_links(_app: Sphinx, name: str, source: list[str]) -> None:
    """Where guides link to files beside the guides: to a page of this site if there is one, to the repository for all else."""
    if name.startswith("reference/"):
        return
    text = source[0]
    if name == "contributing":
        # It lies in the root of the repository, so its links to the guides begin with their folder.
        text = re.sub(r"\]\(docs/([\w-]+\.(?:md|svg))", r"](\1", text)
    text = re.sub(r"\]\(\.\./roles/(\w+)/README\.md\)", r"](reference/\1_role.rst)", text)
    text = re.sub(r"\]\(\.\./CONTRIBUTING\.md", "](contributing.md", text)
    text = re.sub(r"\]\(\.\./CHANGELOG\.rst", "](release-notes.rst", text)
    source[0] = re.sub(r"\]\(\.\./", rf"]({galaxy['repository']}/blob/main/", text)


def drop_contents(_app: Sphinx, _name: str, source: list[str]) -> None:
    """Removes tables of contents from pages. The theme shows one beside each page, and takes another one for a mistake."""
    source[0] = re.sub(r"^\.\. contents::.*\n(?:[ \t]+:.*\n)*", "", source[0], flags=re.MULTILINE)


VARIABLES = """
Environment variables
=====================

The modules and the inventory plugin read these variables. An empty variable counts as not set.
The modules read all variables that begin with ``COXEDGE_``, except ``COXEDGE_ENVIRONMENT_NAMES``.
See :doc:`../authentication` for how to set them.

.. envvar:: COXEDGE_DIRECT

    ``0``, ``false``, ``no`` or ``off`` turns :doc:`../direct-execution` off.

    *Used by:* all modules

.. envvar:: COXEDGE_PROGRESS

    ``0``, ``false``, ``no`` or ``off`` turns off the lines that :doc:`a long run <../direct-execution>` shows.

    *Used by:* all modules

"""


def introduce_variables(_app: Sphinx, name: str, source: list[str]) -> None:
    """Gives the index of variables a title and a beginning of its own. What is made from the plugins does not know the modules."""
    if name == "reference/environment_variables":
        label, listed = re.split(r"(?<=_list_of_collection_env_vars:\n).*?(?=\.\. envvar::)", source[0], maxsplit=1, flags=re.DOTALL)
        source[0] = label + VARIABLES + listed


def drop_empty_patterns(app: Sphinx, name: str, source: list[str]) -> None:
    """The index may name pages by a pattern that nothing matches yet, which Sphinx would warn of."""
    if name == "index":
        lines = [line for line in source[0].splitlines() if not line.endswith("*") or list(app.srcdir.glob(f"{line}.*"))]
        source[0] = "\n".join(lines)


def shorten_titles(_app: Sphinx, env: BuildEnvironment) -> None:
    """In the navigation reference pages are called by the name and kind of what they describe, such as: instance module."""
    for name, contents in env.tocs.items():
        words = env.titles[name].astext()
        if name.startswith("reference/") and words.startswith(f"{project}."):
            short = re.split(" (?:--|\N{EN DASH}) ", words[len(project) + 1 :])[0]
            env.titles[name] = nodes.title("", short)
            entry = next(contents.findall(nodes.reference))
            entry.children = [nodes.Text(short)]


def let_titles_break(_app: Sphinx, tree: nodes.document, name: str) -> None:
    """Lets a browser break the long names in the titles of reference pages after their dots, not within a word."""
    if name.startswith("reference/"):
        for text in list(next(tree.findall(nodes.title)).findall(nodes.Text)):
            text.parent.replace(text, nodes.Text(text.astext().replace(".", ".\N{ZERO WIDTH SPACE}")))


# Pages that are not made from a file of the same name in the folder of the guides.
MADE_FROM = {"index": "docs/docsite/index.md", "contributing": "CONTRIBUTING.md", "release-notes": "CHANGELOG.rst"}


def made_from(name: str) -> str | None:
    """The file of the repository that a page is made from, if it is one file."""
    described = re.fullmatch(r"reference/(\w+)_([a-z]+)", name)
    if described:
        name, kind = described.groups()
        folder = "modules" if kind == "module" else kind
        candidates = (
            [f"roles/{name}/meta/argument_specs.yml"] if kind == "role" else [f"plugins/{folder}/{name}.{end}" for end in ("yml", "py")]
        )
    else:
        candidates = [MADE_FROM.get(name, f"docs/{name}.md")]
    return next((path for path in candidates if (ROOT / path).is_file()), None)


def link_sources(_app: Sphinx, name: str, _template: str, context: dict[str, Any], _tree: nodes.document | None) -> None:
    """Links each page to the file that it is made from, with the theme's buttons to view and to edit it."""
    path = made_from(name)
    if path:
        context["theme_source_view_link"] = f"{galaxy['repository']}/blob/main/{path}"
        context["theme_source_edit_link"] = f"{galaxy['repository']}/edit/main/{path}"
    else:
        # Without a suffix, the theme shows no buttons.
        context["page_source_suffix"] = None


def setup(app: Sphinx) -> None:
    """What is done beside what the extensions do."""
    app.connect("missing-reference", resolve_core)
    app.connect("source-read", lead_links)
    app.connect("source-read", drop_contents)
    app.connect("source-read", introduce_variables)
    app.connect("source-read", drop_empty_patterns)
    app.connect("env-check-consistency", shorten_titles)
    app.connect("doctree-resolved", let_titles_break)
    app.connect("html-page-context", link_sources)
