//! The only file outside `ui` that names the browser.
