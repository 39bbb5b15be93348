//! The tips that a mirror takes away, or would, for scripts.

use serde::Serialize;

use super::taken_lines::TipFate;
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

/// Returns the tips of a report, without secrets.
pub(super) fn of(report: Option<&Report>, masks: &Masks) -> Vec<TakenResult> {
    let of = |report: &Report| report.taken.iter().map(|taken| one(taken, report, masks)).collect();
    report.map(of).unwrap_or_default()
}

fn one(taken: &TakenTip, report: &Report, masks: &Masks) -> TakenResult {
    let (held_by, tag) = match &taken.holder {
        Holder::Nobody => ("nobody", None),
        Holder::TheRef => ("theRef", None),
        Holder::OtherRefs => ("otherRefs", None),
        Holder::Tag(tag) | Holder::NewTag(tag) => ("tag", Some(tag)),
    };
    TakenResult {
        name: masks.clean(&taken.name.to_text()),
        tip: taken.tip.to_string(),
        fate: match TipFate::of(taken, report) {
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
