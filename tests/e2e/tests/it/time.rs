//! Time and place of a run: back and forward, by a link in another browser, after a reload, after its worker died.

use std::time::Duration;

use anyhow::{Context, Result};
use e2e::browser::Browser;
use e2e::page::{Page, until};
use serde_json::{Value, json};

use super::files::written;

const SOON: Duration = Duration::from_secs(30);

/// Holds the workers, so that one can be killed.
const WATCH: &str = "window.workers = [];
    window.Worker = class extends Worker {
        constructor(...given) { super(...given); workers.push(this); }
    };";

fn page() -> Result<Page> {
    let browser = Browser::start(&[])?;
    browser.before_pages(WATCH)?;
    let page = Page::before(browser)?;
    page.visit()?;
    Ok(page)
}

/// A run that is not the demo's.
fn apply_other(page: &Page) -> Result<()> {
    let mut recipe = page.recipe()?;
    recipe["model"]["lambda"] = json!(0.25);
    page.apply(&recipe)
}

/// Waits until the bar of notices says `words`.
fn told(page: &Page, words: &str) -> Result<String> {
    let notices = "[...document.querySelectorAll('.notice')].map((notice) => notice.innerText).join(' ')";
    let mut said = String::new();
    until(words, SOON, || {
        said = page.ask(notices)?.as_str().unwrap_or_default().to_owned();
        Ok(said.contains(words))
    })
    .with_context(|| said.clone())?;
    Ok(said)
}

/// What is drawn on the map, in words: where each group lies and how far it is spread, how far apart a user's points
/// are. Of the pixels, those of the way that the selected user's points have come are of this opening of the page.
fn drawn(page: &Page) -> Result<String> {
    page.browser.script(
        "document.querySelector('.map details.as-table, details.as-table').open = true",
        &[],
    )?;
    let text = "document.querySelector('details.as-table table').innerText";
    until("the map as a table", SOON, || {
        Ok(page.ask(text)?.as_str().is_some_and(|text| text.lines().count() > 5))
    })?;
    let told = "[...document.querySelectorAll('.view p')].map((line) => line.innerText).find((line) => line.includes('apart'))";
    Ok(format!("{}\n{}", page.ask(text)?, page.ask(told)?))
}

#[test]
fn a_thousand_steps_back_take_less_than_a_second_and_forward_again_the_run_is_the_same() -> Result<()> {
    let page = page()?;
    page.run_to(1_500)?;
    let far = page.state()?;
    let body = "const start = performance.now();
        await playground.runTo(500);
        return performance.now() - start";
    let ms = page.browser.script(body, &[])?.as_f64().unwrap_or(f64::INFINITY);
    println!("1,000 steps back: {ms:.0} ms");
    assert!(ms < 1_000.0, "{ms} ms");
    let back = page.state()?;
    page.run_to(1_500)?;
    assert_eq!(page.state()?.checksum, far.checksum);
    // A straight run passes where it has been.
    let recipe = page.recipe()?;
    page.apply(&recipe)?;
    page.run_to(500)?;
    assert_eq!(page.state()?.checksum, back.checksum);
    // By hand, one step back and one forward.
    // A button says that it can be pressed with the next frame only.
    let press = |name: &str| {
        let press = format!(
            "(() => {{
                const button = document.querySelector('[aria-label=\"{name}\"]');
                const able = !button.disabled;
                button.click();
                return able;
            }})()"
        );
        until(name, SOON, || Ok(page.ask(&press)? == true))
    };
    press("One step back")?;
    page.wait("one step back", SOON, |state| state.step == 499)?;
    press("One step")?;
    page.wait("one step forward", SOON, |state| {
        state.step == 500 && state.checksum == back.checksum
    })?;
    Ok(())
}

#[test]
fn a_link_shows_another_browser_the_same_run() -> Result<()> {
    let page = page()?;
    apply_other(&page)?;
    page.run_to(300)?;
    page.press("Make a link")?;
    until("the link", SOON, || Ok(page.ask("location.hash.length > 1")? == true))?;
    let hash = page.ask("location.hash")?.as_str().unwrap_or_default().to_owned();
    assert!(hash.contains("model.lambda=0.25&") && hash.len() < 400, "{hash}");
    let (there, picture) = (page.state()?, drawn(&page)?);
    drop(page);

    let other = self::page()?;
    other.browser.go_to("about:blank")?;
    other.browser.go_to(&format!("{}{hash}", other.address()))?;
    told(&other, "to the last bit")?;
    let here = other.state()?;
    assert_eq!((here.step, here.checksum), (300, there.checksum));
    assert_eq!(drawn(&other)?, picture);

    // A link that promises another run is told from it, and one that says nonsense leaves the demo.
    other.browser.go_to("about:blank")?;
    let lie = hash.replace("sum=", "sum=f00");
    other.browser.go_to(&format!("{}{lie}", other.address()))?;
    told(&other, "is not the run of the link")?;
    other.browser.go_to("about:blank")?;
    other
        .browser
        .go_to(&format!("{}#v=1&model.kind=nonsense&%%%", other.address()))?;
    told(&other, "nonsense")?;
    other.wait("the demo", SOON, |state| state.dataset.users > 0)?;
    Ok(())
}

#[test]
fn a_link_of_own_data_asks_for_the_file_and_knows_it_from_another() -> Result<()> {
    let events = |shift: u32| -> String {
        let line = |event: u32| {
            format!(
                "u{},i{},{}\n",
                event % 40,
                (event * event + shift * event) % 30,
                1_000 + event
            )
        };
        "user_id,item_id,timestamp\n".to_owned() + &(0..1_200).map(line).collect::<String>()
    };
    let page = page()?;
    page.choose(&[&written("own.csv", events(0).as_bytes())?])?;
    page.wait("the file", SOON, |state| state.dataset.users == 40)?;
    page.run_to(20)?;
    page.press("Make a link")?;
    until("the link", SOON, || {
        Ok(page.ask("location.hash.includes('digest=')")? == true)
    })?;
    let hash = page.ask("location.hash")?.as_str().unwrap_or_default().to_owned();
    let there = page.state()?;

    let other = self::page()?;
    other.browser.go_to("about:blank")?;
    other.browser.go_to(&format!("{}{hash}", other.address()))?;
    told(&other, "Choose it or drop it")?;
    other.choose(&[&written("own.csv", events(0).as_bytes())?])?;
    told(&other, "to the last bit")?;
    assert_eq!(other.state()?.checksum, there.checksum);

    other.browser.go_to("about:blank")?;
    other.browser.go_to(&format!("{}{hash}", other.address()))?;
    told(&other, "Choose it or drop it")?;
    other.choose(&[&written("own.csv", events(1).as_bytes())?])?;
    told(&other, "other contents")?;
    Ok(())
}

#[test]
fn a_run_goes_on_after_its_worker_died_and_after_a_reload() -> Result<()> {
    let page = page()?;
    apply_other(&page)?;
    page.run_to(900)?;
    let end = page.state()?;
    page.run_to(400)?;
    let kept = page.state()?;
    until("the session to be kept", SOON, || {
        Ok(page.ask(
            "document.querySelector('.sharing').innerText.includes('is kept')
            || document.querySelector('.sharing').textContent.includes('is kept in this browser: it')",
        )? == true)
    })?;
    std::thread::sleep(Duration::from_secs(1));
    page.browser.script(
        "const worker = workers.at(-1);
        worker.terminate();
        worker.dispatchEvent(new ErrorEvent('error', { message: 'killed' }));",
        &[],
    )?;
    told(&page, "goes on from step 400")?;
    assert_eq!(page.state()?.checksum, kept.checksum);
    page.run_to(900)?;
    assert_eq!(page.state()?.checksum, end.checksum);
    std::thread::sleep(Duration::from_secs(2));

    page.visit()?;
    told(&page, "session is back, at step 900")?;
    assert_eq!(page.state()?.checksum, end.checksum);
    let losses = page.ask("document.querySelectorAll('.metrics canvas').length")?;
    assert!(losses.as_u64().is_some_and(|count| count > 0), "{losses}");
    page.run_to(400)?;
    assert_eq!(page.state()?.checksum, kept.checksum);

    // What is kept may be damaged, once it is kept.
    until("the state at rest is kept", SOON, || {
        let address = of_kept(&page, "session.address")?;
        Ok(address.as_str().is_some_and(|address| address.contains("step=400")))
    })?;
    page.browser.script(
        "await new Promise((resolve, reject) => {
            const asked = indexedDB.open('retrieval-playground', 1);
            asked.onsuccess = () => {
                const all = asked.result.transaction('sessions', 'readwrite');
                const table = all.objectStore('sessions');
                const read = table.get('last');
                read.onsuccess = () => { read.result.run[read.result.run.length >> 1] ^= 1; table.put(read.result, 'last'); };
                all.oncomplete = resolve;
                all.onerror = reject;
            };
        })",
        &[],
    )?;
    page.visit()?;
    let said = told(&page, "this is the demo")?;
    assert!(said.contains("damaged"), "{said}");
    page.wait("the demo", SOON, |state| state.dataset.users > 0)?;
    Ok(())
}

#[test]
fn other_values_race_in_workers_of_their_own() -> Result<()> {
    let page = page()?;
    let mut recipe = page.recipe()?;
    recipe["data"] = json!({ "kind": "planted", "users": 200, "items": 120 });
    recipe["train"]["epochs"] = json!(2);
    page.apply(&recipe)?;
    let before = page.state()?;
    page.browser
        .script("document.querySelector('.race form').requestSubmit()", &[])?;
    let text = "document.querySelector('.race').innerText";
    until("the race", SOON, || {
        Ok(page.ask(text)?.as_str().is_some_and(|text| text.contains("4 of 4")))
    })?;
    let rows = page.ask("[...document.querySelectorAll('.runs tbody tr')].map((row) => row.innerText)")?;
    let rows: Vec<String> = serde_json::from_value(rows)?;
    assert_eq!(rows.len(), 4, "{rows:?}");
    for (row, value) in rows.iter().zip(["0.05", "0.1", "0.2", "0.4"]) {
        let differs = format!("loss.temperature = {value}");
        // The value that the recipe has differs in nothing.
        assert!(
            row.contains("recall@20") && (row.contains(&differs) || row.contains("your recipe")),
            "{row}"
        );
    }
    assert_eq!(page.state()?, before, "the reader's own run stands");

    // A note is written down, and all of it is there again after a reload.
    page.browser.script(
        "const note = document.querySelectorAll('.runs tbody input')[1];
        note.value = 'the sharp one';
        note.dispatchEvent(new Event('change', { bubbles: true }));",
        &[],
    )?;
    until("the note is kept", SOON, || {
        Ok(of_kept(&page, "new TextDecoder().decode(session.run).includes('the sharp one')")? == true)
    })?;
    let seen = |page: &Page| {
        page.ask(
            "[document.querySelector('.race .twin').innerText,
            ...[...document.querySelectorAll('.runs tbody tr')].map((row) => row.innerText + row.querySelector('input').value)]",
        )
    };
    let there = "document.querySelectorAll('.runs tbody tr').length === 4";
    let table = seen(&page)?;
    assert!(
        table[2].as_str().is_some_and(|row| row.contains("the sharp one")),
        "{table}"
    );
    page.visit()?;
    told(&page, "session is back")?;
    until("the race of before", SOON, || Ok(page.ask(there)? == true))?;
    assert_eq!(seen(&page)?, table);

    // And in another browser, from the session's file.
    let bytes = saved(&page, "Save the session")?;
    let losses = page.ask("document.querySelectorAll('.metrics .twin')[0].innerText")?;
    let file = written("race.rprun", &bytes)?;
    drop(page);
    let other = self::page()?;
    other.choose(&[&file])?;
    until("the race of the file", SOON, || Ok(other.ask(there)? == true))?;
    assert_eq!(seen(&other)?, table);
    assert_eq!(other.state()?.checksum, before.checksum);
    assert_eq!(
        other.ask("document.querySelectorAll('.metrics .twin')[0].innerText")?,
        losses
    );

    // Cut short it is refused, and what was there stays.
    let cut = written("cut.rprun", &bytes[..bytes.len() - 5])?;
    other.choose(&[&cut])?;
    until("a refusal", SOON, || {
        Ok(other
            .refusal()?
            .is_some_and(|said| said.contains("cut.rprun is damaged")))
    })?;
    assert_eq!(seen(&other)?, table);
    Ok(())
}

#[test]
fn what_a_link_hides_is_not_shown_and_what_it_locks_cannot_be_changed() -> Result<()> {
    let page = page()?;
    // Chosen in the page, for a section, a kind and a setting.
    let choose = |title: &str, word: &str| -> Result<()> {
        let script = "document.querySelectorAll('.sections details').forEach((details) => { details.open = true; });
            const label = [...document.querySelectorAll('.sections label')]
                .find((label) => label.firstChild.textContent === args[0]);
            const select = label.querySelector('select');
            select.value = [...select.options].find((option) => option.textContent === args[1]).value;
            select.dispatchEvent(new Event('change', { bubbles: true }));";
        page.browser.script(script, &[json!(title), json!(word)])?;
        Ok(())
    };
    page.browser.script(
        "document.querySelectorAll('.sharing, .sharing > details').forEach((details) => { details.open = true; })",
        &[],
    )?;
    until("the list", SOON, || {
        Ok(page.ask("document.querySelectorAll('.sections label').length > 0")? == true)
    })?;
    choose("Held out", "hidden")?;
    choose("Temperature", "hidden")?;
    choose("Batch", "locked")?;
    page.press("Make a link")?;
    until("the link", SOON, || {
        Ok(page
            .ask("location.hash")?
            .as_str()
            .is_some_and(|hash| hash.contains("hide=split,loss.temperature") && hash.contains("lock=train.batch")))
    })?;
    let hash = page.ask("location.hash")?;
    let hash = hash.as_str().context("a hash")?.to_owned();
    drop(page);

    let other = self::page()?;
    let address = other.address();
    other.browser.go_to("about:blank")?;
    other.browser.go_to(&format!(
        "{address}{}",
        hash.replace("lock=", "lock=model.kind,optimizer,")
    ))?;
    let is = |what: &str| other.ask(what);
    until("the page by the link", SOON, || {
        Ok(
            is("document.querySelectorAll('.stage').length > 3 && !document.getElementById('loss-temperature')")?
                == true,
        )
    })?;
    let names = is("[...document.querySelectorAll('.section-name')].map((name) => name.textContent)")?;
    assert!(
        !names.to_string().contains("Held out") && names.to_string().contains("Data"),
        "{names}"
    );
    for (what, expected) in [
        ("document.getElementById('train-batch').matches(':disabled')", true),
        ("document.getElementById('train-epochs').matches(':disabled')", false),
        (
            "document.querySelector('select[aria-label=Model]').matches(':disabled')",
            true,
        ),
        ("document.getElementById('model-dim').matches(':disabled')", false),
        ("document.querySelector('[id^=optimizer-]').matches(':disabled')", true),
    ] {
        assert_eq!(is(what)?, expected, "{what}");
    }
    Ok(())
}

#[test]
fn a_recipe_is_saved_and_taken_up_from_its_file() -> Result<()> {
    let page = page()?;
    apply_other(&page)?;
    let recipe = page.recipe()?;
    let bytes = saved(&page, "Save the recipe (JSON)")?;
    assert_eq!(serde_json::from_slice::<Value>(&bytes)?, recipe);
    drop(page);
    let other = self::page()?;
    other.choose(&[&written("recipe (1).json", &bytes)?])?;
    until("the recipe of the file", SOON, || Ok(other.recipe()? == recipe))?;

    let text = String::from_utf8(bytes)?;
    for (name, text, said) in [
        (
            "recipe-cut.json",
            &text[..text.len() / 2],
            "recipe-cut.json is not JSON",
        ),
        ("recipe-other.json", &text.replace("\"lambda\"", "\"lamda\""), "lamda"),
        ("recipe-list.json", "[1, 2]", "recipe-list.json is not taken up"),
    ] {
        other.choose(&[&written(name, text.as_bytes())?])?;
        until(said, SOON, || {
            Ok(other.refusal()?.is_some_and(|shown| shown.contains(said)))
        })?;
        assert_eq!(other.recipe()?, recipe, "{name}");
    }
    Ok(())
}

/// The file that a button of the session's panel saves.
fn saved(page: &Page, button: &str) -> Result<Vec<u8>> {
    let watch = "window.file = null;
        const address = URL.createObjectURL;
        URL.createObjectURL = (blob) => {
            blob.arrayBuffer().then((bytes) => { file = [...new Uint8Array(bytes)]; });
            URL.createObjectURL = address;
            return address.call(URL, blob);
        };
        document.querySelector('.sharing').open = true;";
    page.browser.script(watch, &[])?;
    page.press(button)?;
    until(button, SOON, || Ok(page.ask("file !== null")? == true))?;
    Ok(serde_json::from_value(page.ask("file")?)?)
}

/// What `what` is of the session that the browser keeps.
fn of_kept(page: &Page, what: &str) -> Result<Value> {
    let ask = format!(
        "return await new Promise((resolve, reject) => {{
            const asked = indexedDB.open('retrieval-playground', 1);
            asked.onerror = reject;
            asked.onsuccess = () => {{
                const read = asked.result.transaction('sessions').objectStore('sessions').get('last');
                read.onsuccess = () => {{
                    const session = read.result;
                    asked.result.close();
                    resolve(session ? {what} : null);
                }};
            }};
        }})"
    );
    page.browser.script(&ask, &[])
}
