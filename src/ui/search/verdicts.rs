//! What became of each of the nearest, in words.

use crate::protocol::Verdict;
use crate::text::Message;
use crate::ui::format;
use crate::ui::names::Names;
use crate::ui::words::say;

/// In two words, as it stands in a column.
pub fn column(verdict: Verdict) -> String {
    say(&match verdict {
        Verdict::Found { place } => Message::new("page.verdict.found").with("place", place),
        Verdict::Absent => Message::new("page.verdict.absent"),
        Verdict::Filtered => Message::new("page.verdict.filtered"),
        Verdict::Cell { rank, .. } => Message::new("page.verdict.cell").with("rank", rank),
        Verdict::FastScan { place, .. } | Verdict::Score { place, .. } => {
            Message::new("page.verdict.score").with("place", place)
        }
        Verdict::Walk { .. } => Message::new("page.verdict.walk"),
    })
}

/// Why it was missed; nothing where it was found.
pub fn because(verdict: Verdict, names: &Names) -> Option<String> {
    let why = match verdict {
        Verdict::Found { .. } => return None,
        Verdict::Absent => Message::new("page.why.absent"),
        Verdict::Filtered => Message::new("page.why.filtered"),
        Verdict::Cell { rank, opened, .. } => Message::new("page.why.cell").with("rank", rank).with("opened", opened),
        Verdict::Score {
            score,
            exact,
            place,
            kept,
        } => Message::new("page.why.score")
            .with("score", format::short(score.into()))
            .with("exact", format::short(exact.into()))
            .with("place", place)
            .with("kept", kept),
        Verdict::FastScan { place, kept } => Message::new("page.why.fast_scan")
            .with("place", place)
            .with("kept", kept),
        Verdict::Walk {
            stopped,
            gate,
            gate_met,
        } => {
            let why = match gate {
                None => Message::new("page.why.no_link"),
                Some(_) if gate_met => Message::new("page.why.gate_met"),
                Some(_) => Message::new("page.why.gate"),
            };
            why.with("stopped", names.title(stopped))
                .with("gate", gate.map_or("", |gate| names.title(gate)))
        }
    };
    Some(say(&why))
}
