//! Controllable diversity (Cen et al., KDD 2020): the list of all vectors together, the more mixed the more that counts.

use yew::prelude::*;

use crate::protocol::{InsidePicture, Look};
use crate::text::Message;
use crate::ui::desk::AtDesk;
use crate::ui::field::number_of;
use crate::ui::format;
use crate::ui::names::Names;
use crate::ui::panels::listed::ItemRowProps;
use crate::ui::part::part;
use crate::ui::shared::Shared;
use crate::ui::state::Focus;
use crate::ui::tags::tag;
use crate::ui::words::{say, words};

/// Places of the slider.
const PLACES: f32 = 20.0;

/// The list, and the weight of diversity in the reader's hand.
pub fn diverse(desk: &AtDesk, picture: &InsidePicture, names: &Shared<Names>, focus: Focus) -> Html {
    let Some(list) = &picture.diverse else {
        return Html::default();
    };
    let desk = desk.clone();
    let place = (desk.state().look.diversity * PLACES).round().to_string();
    let oninput = Callback::from(move |event: InputEvent| {
        let diversity = number_of(&event) as f32 / PLACES;
        desk.look(Look {
            diversity,
            ..desk.state().look
        });
    });
    let rows = list.items.iter().map(|listed| {
        let value = format::short(listed.score.into());
        html! { { part(ItemRowProps { item: listed.item, names: names.clone(), focus, value, hit: listed.held_out, own: false }) } }
    });
    let says = Message::new("page.inside.diverse.says")
        .with("lambda", format::short(list.lambda.into()))
        .with("share", format::percent(list.diversity.into()));
    html! {
        <>
            <div class="line">
                { tag("h3", "", words("page.inside.diverse")) }
                <label class="power">
                    { words("page.inside.diverse.weight") }
                    <input type="range" min="0" max={PLACES.to_string()} value={place} {oninput} />
                </label>
            </div>
            { tag("p", "help", say(&says)) }
            <ol class="rows columns">{ for rows }</ol>
        </>
    }
}
