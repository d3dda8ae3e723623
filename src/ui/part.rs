//! A part of the page that is drawn again only when what it shows is another.
//!
//! What Yew calls a component does that as well, and holds any state besides; but every type of component weighs about
//! a kilobyte of the download. Parts that need no more of their own than a number are one component, whatever they show.

use std::any::Any;
use std::rc::Rc;

use yew::prelude::*;

use super::desk::AtDesk;

/// The number that a part has of its own, 0 at first: which tab, page or round of it is shown.
pub type Own = UseStateHandle<usize>;

/// What a part shows.
pub trait Part: PartialEq + 'static {
    /// Draws it.
    fn draw(&self, desk: &AtDesk, own: &Own) -> Html;
}

/// `part` as a piece of the page.
pub fn part<P: Part>(part: P) -> Html {
    let part = Drawn(Rc::new(part));
    html! { <Piece {part} /> }
}

/// A part of any type.
trait AnyPart {
    fn any(&self) -> &dyn Any;
    fn same(&self, other: &dyn Any) -> bool;
    fn draw_any(&self, desk: &AtDesk, own: &Own) -> Html;
}

impl<P: Part> AnyPart for P {
    fn any(&self) -> &dyn Any {
        self
    }

    fn same(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<P>().is_some_and(|other| self == other)
    }

    fn draw_any(&self, desk: &AtDesk, own: &Own) -> Html {
        self.draw(desk, own)
    }
}

#[derive(Clone)]
struct Drawn(Rc<dyn AnyPart>);

impl PartialEq for Drawn {
    fn eq(&self, other: &Self) -> bool {
        self.0.same(other.0.any())
    }
}

#[derive(PartialEq, Properties)]
struct PieceProps {
    part: Drawn,
}

#[component]
fn Piece(props: &PieceProps) -> Html {
    let own = use_state_eq(|| 0);
    use_context::<AtDesk>()
        .map(|desk| props.part.0.draw_any(&desk, &own))
        .unwrap_or_default()
}
