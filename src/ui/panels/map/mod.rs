//! The interest map with what belongs to it: how the points came about, the groups, the buttons, the table, and the map
//! of a kept run beside it.

mod canvas;
mod catch;
mod legend;
mod twin;

use yew::prelude::*;

use crate::protocol::{CellsPicture, InsidePicture, MapPicture, Projection, Recipe, UserCard};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::format;
use crate::ui::map::{Caught, Given, Point};
use crate::ui::names::Names;
use crate::ui::part::part;
use crate::ui::search::OnMap;
use crate::ui::shared::Shared;
use crate::ui::state::{Focus, Kept, Thing};
use crate::ui::sweep::told;
use crate::ui::tags::tag;
use crate::ui::theme::Theme;
use crate::ui::words::{name, say, words};
use canvas::{MapCanvas, ZOOM, Zoomed};
use catch::CatchProps;
use legend::LegendProps;
use twin::TwinProps;

#[derive(PartialEq, Properties)]
pub struct MapProps {
    pub picture: Option<Shared<MapPicture>>,
    pub names: Shared<Names>,
    pub card: Option<Shared<UserCard>>,
    pub focus: Focus,
    pub theme: Theme,
    /// There is a run: if there is no picture, its model has no vectors.
    pub begun: bool,
    pub recipe: Shared<Recipe>,
    pub kept: Vec<Shared<Kept>>,
    pub caught: Option<Shared<Caught>>,
    /// What the model made of the selected user's history.
    pub inside: Option<Shared<InsidePicture>>,
    /// What is seen of an index.
    pub index: Option<Shared<OnMap>>,
}

#[component]
pub fn MapPanel(props: &MapProps) -> Html {
    let zoomed = use_state_eq(Zoomed::default);
    let zoom = |factor: Option<f64>| {
        let zoomed = zoomed.clone();
        Callback::from(move |_: MouseEvent| {
            let count = zoomed.count + 1;
            zoomed.set(Zoomed { count, factor });
        })
    };
    let lasso = use_state_eq(|| false);
    let toggle = {
        let lasso = lasso.clone();
        Callback::from(move |_: MouseEvent| lasso.set(!*lasso))
    };
    let beside = beside(props);
    let around = all_around(props.picture.iter().chain(beside.iter().map(|(_, map)| map)));
    let around = around.filter(|_| !beside.is_empty());
    let given = |picture: Option<Shared<MapPicture>>, card, inside| Given {
        index: props.index.clone().filter(|_| picture == props.picture),
        picture,
        inside,
        names: props.names.clone(),
        card,
        focus: props.focus,
        palette: props.theme.palette(),
        caught: props.caught.clone(),
        around,
    };
    let card = props.card.clone().filter(|card| Some(card.user) == props.focus.user);
    html! {
        <section class="panel map" aria-labelledby="map-title">
            <header>
                <h2 id="map-title">{ words("page.map.title") }</h2>
                <p class="caption">{ for props.picture.as_deref().map(caption) }</p>
                <div class="stepper">
                    { button("−", zoom(Some(1.0 / ZOOM))).name(words("page.map.out")) }
                    { button("+", zoom(Some(ZOOM))).name(words("page.map.in")) }
                    { button(words("page.map.fit"), zoom(None)) }
                    { button(words("page.map.lasso"), toggle).title(words("page.map.lasso.help")).pressed(*lasso) }
                </div>
            </header>
            <div class="grounds">
                { for beside.iter().enumerate().map(|(place, (kept, before))| html! {
                    <figure key={place}>
                        <figcaption>{ words("page.map.kept") }{ " " }{ apart(&kept.recipe, &props.recipe) }</figcaption>
                        <div class="ground">
                            <MapCanvas
                                given={given(Some(before.clone()), None, None)}
                                label={words("page.map.kept.canvas")}
                                zoomed={*zoomed}
                                lasso={*lasso}
                            />
                        </div>
                        { figures(before) }
                    </figure>
                }) }
                <figure key="present">
                    if !beside.is_empty() {
                        <figcaption>{ words("page.map.present") }{ " " }{ said(&props.recipe) }</figcaption>
                    }
                    <div class="ground">
                        <MapCanvas
                            given={given(props.picture.clone(), card, props.inside.clone())}
                            label={words("page.map.canvas")}
                            zoomed={*zoomed}
                            lasso={*lasso}
                        />
                        if props.picture.is_none() {
                            { tag("p", "empty", words(if props.begun { "page.map.none" } else { "page.map.empty" })) }
                        }
                    </div>
                    { for props.picture.as_deref().map(figures) }
                </figure>
            </div>
            { part(LegendProps { names: props.names.clone(), focus: props.focus, regions: props.picture.as_ref().is_some_and(|picture| picture.regions) }) }
            { for props.index.as_ref().and_then(|on_map| on_map.cells.as_ref()).map(|cells| cells_said(cells)) }
            { for props.caught.as_ref().map(|caught| html! { { part(CatchProps { caught: caught.clone(), names: props.names.clone() }) } }) }
            <p class="under-pointer" aria-live="polite">{ under_pointer(props) }</p>
            if let Some(picture) = &props.picture {
                { part(TwinProps { picture: picture.clone(), names: props.names.clone() }) }
            }
        </section>
    }
}

/// The kept runs with their maps, where they show the same users and items.
fn beside(props: &MapProps) -> Vec<(&Kept, Shared<MapPicture>)> {
    let map = |kept: &Shared<Kept>| {
        let now = props.picture.as_ref()?;
        let fits = |map: &Shared<MapPicture>| map.dim == now.dim && kept.recipe.same_data(&props.recipe);
        kept.map.clone().filter(fits)
    };
    let kept = props.kept.iter();
    kept.filter_map(|kept| Some((&**kept, map(kept)?))).collect()
}

/// Opposite corners of all that some maps show: their axes are equal.
fn all_around<'a>(maps: impl Iterator<Item = &'a Shared<MapPicture>>) -> Option<[Point; 2]> {
    let points = maps.flat_map(|map| map.item_points.iter().chain(&map.user_points));
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    // Every list holds pairs.
    for (place, &x) in points.enumerate() {
        low[place % 2] = low[place % 2].min(x.into());
        high[place % 2] = high[place % 2].max(x.into());
    }
    low[1].is_finite().then(|| [low.into(), high.into()])
}

/// What tells a recipe from the present one.
fn apart(recipe: &Recipe, present: &Recipe) -> String {
    let (model, told) = (said(recipe), told(recipe, present));
    if model == said(present) && !told.is_empty() {
        told
    } else {
        model
    }
}

/// A recipe's model, with the weight of its regulariser if it has one.
fn said(recipe: &Recipe) -> String {
    let model = name(&["model", &recipe.model.kind]);
    match recipe.model.settings.get("lambda") {
        Some(crate::settings::Value::Number(lambda)) => format!("{model}, λ = {}", format::plain(*lambda)),
        _ => model,
    }
}

/// What is seen of the cells, and how far it can be trusted.
fn cells_said(cells: &CellsPicture) -> Html {
    let said = if cells.corners.is_empty() {
        Message::new("page.map.cells.many").with("count", cells.sizes.len())
    } else {
        Message::new("page.map.cells")
            .with("largest", cells.sizes.iter().max().copied().unwrap_or(0))
            .with("step", format::whole(cells.step))
            .with("outside", format::percent(cells.outside.into()))
    };
    tag("p", "caption", say(&said))
}

/// Where the points come from, in one sentence.
fn caption(picture: &MapPicture) -> String {
    let from = say(&match picture.projection {
        Projection::Plane => Message::new("page.map.plane"),
        Projection::Pca { kept: [first, second] } => Message::new("page.map.pca")
            .with("dim", picture.dim)
            .with("kept", format::percent(f64::from(first + second))),
    });
    if picture.directions {
        from + ". " + words("page.map.directions")
    } else {
        from
    }
}

/// What of a user's several points can be counted: how far apart they are, how often each wins, what they recover.
fn figures(picture: &MapPicture) -> Html {
    let apart = picture.apart.map(|[distance, angle]| {
        Message::new("page.map.apart")
            .with("distance", format::short(distance.into()))
            .with("angle", format::whole(angle.round() as u64))
    });
    let wins: Vec<String> = picture
        .wins
        .iter()
        .map(|&share| format::percent(share.into()))
        .collect();
    let wins = (!wins.is_empty()).then(|| Message::new("page.map.wins").with("shares", wins.join(" · ")));
    let recovered = picture
        .recovered
        .map(|share| Message::new("page.map.recovered").with("share", format::percent(share.into())));
    let all = [
        ("page.map.apart.help", apart),
        ("page.map.wins.help", wins),
        ("page.map.recovered.help", recovered),
    ];
    let shown = all
        .into_iter()
        .filter_map(|(help, message)| message.map(|message| (help, say(&message))));
    html! { <p class="caption figures">{ for shown.map(|(help, text)| html! { <span title={words(help)}>{ text }</span> }) }</p> }
}

fn under_pointer(props: &MapProps) -> String {
    let names = &props.names;
    let selected = props.focus.item.map(Thing::Item);
    match props.focus.hovered.or(selected) {
        Some(Thing::Item(item)) => say(&Message::new("page.map.item")
            .with("title", names.title(item))
            .with(
                "group",
                names.group_name(item).unwrap_or_else(|| words("page.map.no_group")),
            )
            .with("count", format::whole(names.count(item).into()))),
        Some(Thing::User(user)) => say(&Message::new("page.map.user").with("user", names.label(user))),
        None => words("page.map.hint").to_owned(),
    }
}
