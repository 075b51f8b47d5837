# Settings of Jupyter's server. Setting up copies this file to .venv/etc/jupyter.

import warnings

# Jupyter sets the hook below twice, and warns of it.
warnings.filterwarnings("ignore", message="Overriding existing pre_save_hook")


def keep_language_info(model, **_):
    """Leaves out of a notebook that is saved what its kernel says of itself: opening a notebook is no edit."""
    if model["type"] == "notebook":
        metadata = model["content"]["metadata"]
        found = metadata.get("language_info", {})
        if found.get("name") == "go":
            kept = ("file_extension", "mimetype", "name")
            metadata["language_info"] = {key: found[key] for key in kept if key in found}


c = get_config()  # noqa: F821, of traitlets
c.ContentsManager.pre_save_hook = keep_language_info
