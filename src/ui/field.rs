//! Fields that are filled in or chosen from: what stands in the one that an event comes from, and what a list offers.

use web_sys::{Event, HtmlInputElement};
use yew::prelude::*;

/// The text in a field, or the value of what is chosen in a list.
pub fn value_of(event: &Event) -> String {
    field(event).value()
}

/// The number in a field, or at which a slider stands; NaN where there is none.
pub fn number_of(event: &Event) -> f64 {
    field(event).value_as_number()
}

/// A box is ticked.
pub fn checked(event: &Event) -> bool {
    field(event).checked()
}

/// The field of an event that only fields have. A list is one as well: it has its value by the same name.
fn field(event: &Event) -> HtmlInputElement {
    event.target_unchecked_into()
}

/// What can be chosen in a list.
pub fn option(value: impl Into<AttrValue>, text: impl Into<Html>, selected: bool) -> Html {
    choice(value.into(), text.into(), selected)
}

fn choice(value: AttrValue, text: Html, selected: bool) -> Html {
    html! { <option {value} {selected}>{ text }</option> }
}
