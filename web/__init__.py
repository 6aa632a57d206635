"""The ways in over HTTP: `create_app` in `web.app` puts them together, `web.server` serves them."""
