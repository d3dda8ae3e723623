//! A button, whichever: one place where `html!` writes one out, for what it writes weighs several times a call.

use yew::html::IntoPropValue;
use yew::prelude::*;

/// A button under way to the page. On the heap, for what it weighs to be handed on by value.
pub struct Button(Box<Parts>);

struct Parts {
    content: Html,
    onclick: Callback<MouseEvent>,
    class: Option<&'static str>,
    title: Option<AttrValue>,
    name: Option<AttrValue>,
    disabled: bool,
    pressed: Option<&'static str>,
    current: Option<&'static str>,
}

/// A button that shows `content` and calls `onclick`.
pub fn button(content: impl Into<Html>, onclick: impl Into<Callback<MouseEvent>>) -> Button {
    of(content.into(), onclick.into())
}

fn of(content: Html, onclick: Callback<MouseEvent>) -> Button {
    Button(Box::new(Parts {
        content,
        onclick,
        class: None,
        title: None,
        name: None,
        disabled: false,
        pressed: None,
        current: None,
    }))
}

impl Button {
    pub fn class(mut self, class: &'static str) -> Self {
        self.0.class = Some(class);
        self
    }

    /// What is said where the pointer rests.
    pub fn title(mut self, title: &'static str) -> Self {
        self.0.title = (!title.is_empty()).then_some(AttrValue::Static(title));
        self
    }

    /// What it is called where its content is a sign.
    pub fn name(mut self, name: &'static str) -> Self {
        self.0.name = Some(AttrValue::Static(name));
        self
    }

    pub fn disabled(mut self, disabled: bool) -> Self {
        self.0.disabled = disabled;
        self
    }

    /// It stays pressed, and is.
    pub fn pressed(mut self, pressed: bool) -> Self {
        self.0.pressed = Some(if pressed { "true" } else { "false" });
        self
    }

    /// It leads to what is shown.
    pub fn current(mut self, current: bool) -> Self {
        self.0.current = current.then_some("page");
        self
    }
}

impl From<Button> for Html {
    fn from(button: Button) -> Self {
        let Parts {
            content,
            onclick,
            class,
            title,
            name,
            disabled,
            pressed,
            current,
        } = *button.0;
        html! {
            <button type="button" {class} {title} {disabled} {onclick} aria-label={name} aria-pressed={pressed} aria-current={current}>
                { content }
            </button>
        }
    }
}

impl IntoPropValue<Html> for Button {
    fn into_prop_value(self) -> Html {
        self.into()
    }
}
