//! A part of the page that is drawn again only when what it shows is another.
//!
//! What Yew calls a component does that as well, and holds state besides; but every type of component weighs about a
//! kilobyte of the download. Parts without a state of their own are one component, whatever they show.

use std::any::Any;
use std::rc::Rc;

use yew::prelude::*;

use super::link::AtDesk;

/// What a part shows.
pub trait Part: PartialEq + 'static {
    /// Draws it.
    fn draw(&self, desk: &AtDesk) -> Html;
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
    fn draw_any(&self, desk: &AtDesk) -> Html;
}

impl<P: Part> AnyPart for P {
    fn any(&self) -> &dyn Any {
        self
    }

    fn same(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<P>().is_some_and(|other| self == other)
    }

    fn draw_any(&self, desk: &AtDesk) -> Html {
        self.draw(desk)
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
    use_context::<AtDesk>()
        .map(|desk| props.part.0.draw_any(&desk))
        .unwrap_or_default()
}
