"""The main job: a link, a signup in a browser, the Graph steps, a connected phone."""
