//! The tips that a mirror takes away, or would, for scripts.

use serde::Serialize;

use super::taken_lines::{TipFate, TipFates};
use crate::agent::masks::Masks;
use crate::mirror::report::Report;
use crate::mirror::taken::tip::{Divergence, Holder, Others, TakenTip};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TakenResult {
    #[serde(rename = "ref")]
    name: String,
    tip: String,
    fate: &'static str,
    diverged: bool,
    held_by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    commits: Vec<String>,
    more_commits: &'static str,
}

/// The most tips that are listed of one mirror: each has up to 20 commits, and the agent keeps the text with the run.
pub(super) const MOST: usize = 10_000;

/// Returns the tips of a report, without secrets.
pub(super) fn of(report: Option<&Report>, masks: &Masks) -> Vec<TakenResult> {
    let of = |report: &Report| {
        let fates = TipFates::of(report);
        report.taken.iter().take(MOST).map(|taken| one(taken, fates.fate(taken), masks)).collect()
    };
    report.map(of).unwrap_or_default()
}

/// Returns the number of tips that are not listed.
pub(super) fn not_listed(report: Option<&Report>) -> usize {
    report.map_or(0, |report| report.taken.len().saturating_sub(MOST))
}

fn one(taken: &TakenTip, fate: TipFate, masks: &Masks) -> TakenResult {
    let (held_by, tag) = match &taken.holder {
        Holder::Nobody => ("nobody", None),
        Holder::TheRef => ("theRef", None),
        Holder::OtherRefs => ("otherRefs", None),
        Holder::Tag(tag) | Holder::NewTag(tag) => ("tag", Some(tag)),
    };
    TakenResult {
        name: masks.clean(&taken.name.to_text()),
        tip: taken.tip.to_string(),
        fate: match fate {
            TipFate::Planned => "planned",
            TipFate::Taken => "taken",
            TipFate::Kept => "kept",
            TipFate::Unknown => "unknown",
        },
        diverged: taken.divergence == Divergence::Diverged,
        held_by,
        tag: tag.map(|tag| masks.clean(&tag.to_text())),
        commits: taken.commits.ids.iter().map(ToString::to_string).collect(),
        more_commits: match taken.commits.others {
            Others::None => "none",
            Others::Some => "some",
            Others::Unknown => "unknown",
        },
    }
}
