//! Elements that hold one thing and hear nothing, as functions: what `html!` writes out where one stands weighs several
//! times what a call does, and the page has some hundreds of them.

use yew::prelude::*;
use yew::virtual_dom::{AttributeOrProperty, Attributes, VTag};

/// `<name class="class">content</name>`; without a class where `class` is empty.
pub fn tag(name: &'static str, class: &'static str, content: impl Into<Html>) -> Html {
    element(name, class, content.into())
}

/// A cell of a table.
pub fn td(content: impl Into<Html>) -> Html {
    element("td", "", content.into())
}

/// The head of a row or column of a table.
pub fn th(content: impl Into<Html>) -> Html {
    element("th", "", content.into())
}

fn element(name: &'static str, class: &'static str, content: Html) -> Html {
    let mut tag = VTag::new(AttrValue::Static(name));
    if !class.is_empty() {
        tag.set_attributes(Attributes::Dynamic {
            keys: &["class"],
            values: Box::new([Some(AttributeOrProperty::Attribute(AttrValue::Static(class)))]),
        });
    }
    if let Some(children) = tag.children_mut() {
        *children = content;
    }
    tag.into()
}
