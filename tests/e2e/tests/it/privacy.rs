//! Nothing leaves the page, and nothing gets in: the Content-Security-Policy, and what the browser asks of the network.

use std::time::Duration;

use anyhow::Result;
use e2e::browser::Browser;
use e2e::outside::Outside;
use e2e::page::Page;
use serde_json::{Value, json};

/// Remembers what the policy forbade.
const WATCH: &str = "window.forbidden = [];
    addEventListener('securitypolicyviolation', (event) => forbidden.push(event.violatedDirective + ' ' + event.blockedURI));";

#[test]
fn the_policy_is_strict_and_the_page_keeps_to_it() -> Result<()> {
    let browser = Browser::start(&[])?;
    browser.before_pages(WATCH)?;
    let page = Page::before(browser)?;
    page.visit()?;
    page.wait("the demo", Duration::from_secs(20), |state| state.step > 100)?;
    let find = "const meta = document.querySelector('meta[http-equiv=\"Content-Security-Policy\"]');
        return meta && meta.content;";
    let policy = page.browser.script(find, &[])?;
    let policy = policy.as_str().unwrap_or_default();
    assert!(
        policy.contains("default-src 'none'") || policy.contains("default-src 'self'"),
        "{policy}"
    );
    for open in ["'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:"] {
        assert!(!policy.contains(open), "{open} in {policy}");
    }
    let scripts = page
        .browser
        .script("return document.querySelectorAll('script:not([src])').length", &[])?;
    assert_eq!(scripts, 0, "scripts inside the HTML");
    let forbidden = page.browser.script("return window.forbidden", &[])?;
    assert_eq!(forbidden, json!([]), "the page does what its own policy forbids");
    Ok(())
}

#[test]
fn no_request_leaves_this_machine() -> Result<()> {
    let outside = Outside::listen()?;
    let page = Page::before(Browser::start(&outside.switches())?)?;
    page.visit()?;
    page.wait("the demo", Duration::from_secs(20), |state| state.step > 100)?;
    let addresses = "return performance.getEntriesByType('resource').map((entry) => entry.name)";
    let addresses = page.browser.script(addresses, &[])?;
    let ours = page.address();
    for address in addresses.as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(address.starts_with(&ours) || address.starts_with("blob:"), "{address}");
    }
    assert_eq!(outside.asked(), Vec::<String>::new());
    Ok(())
}

#[test]
fn what_leaves_this_machine_would_be_noticed() -> Result<()> {
    let outside = Outside::listen()?;
    let browser = Browser::start(&outside.switches())?;
    browser
        .go_to("data:text/html,<img src='http://outside.invalid/pixel'>")
        .unwrap_or_default();
    std::thread::sleep(Duration::from_millis(500));
    let asked = outside.asked();
    assert!(asked.iter().any(|line| line.contains("outside.invalid")), "{asked:?}");
    Ok(())
}
