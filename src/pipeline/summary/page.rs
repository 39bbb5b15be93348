//! The run's page as Markdown: a pure function of what was done.

use std::fmt::Write;
use std::time::Duration;

use super::super::masks::Masks;
use super::super::trouble::Trouble;
use super::super::units::{Bytes, Count, Elapsed, rate};
use super::super::{Settings, closing};
use super::cells::{outside, prose};
use super::links::Links;
use crate::mirror::plan::KeptReason;
use crate::mirror::report::{Outcome, RefOutcome, Report};
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;

/// How many rows a table has at most; the rest is counted.
const ROWS: usize = 200;

/// What the page tells.
#[derive(Debug)]
pub(in super::super) struct Page<'a> {
    /// How the run was to go.
    pub(in super::super) settings: &'a Settings,
    /// How it ended, in a few words.
    pub(in super::super) result: &'a str,
    /// What broke it off.
    pub(in super::super) troubles: &'a [Trouble],
    /// What was done, as far as that is known.
    pub(in super::super) report: Option<&'a Report>,
    /// How long it took.
    pub(in super::super) elapsed: Duration,
}

impl Page<'_> {
    /// Writes the page.
    pub(in super::super) fn markdown(&self) -> String {
        let masks = Masks::of(&self.settings.secrets());
        let mut writer = Writer { links: Links::of(&self.settings.destination), masks, out: String::new() };
        writer.overview(self);
        for Trouble { what, advice } in self.troubles {
            let what = outside(what, &writer.masks);
            writer.paragraph(&format!("{what}  \n{}", prose(advice)));
        }
        if let Some(report) = self.report {
            writer.not_done(report, self.settings);
            writer.changes(report);
            writer.kept(report);
        }
        writer.out
    }
}

struct Writer {
    masks: Masks,
    links: Option<Links>,
    out: String,
}

impl Writer {
    fn overview(&mut self, page: &Page<'_>) {
        let source = outside(&page.settings.source.url.to_string(), &self.masks);
        let destination = outside(&page.settings.destination.url.to_string(), &self.masks);
        let destination = self.linked(destination, self.links.as_ref().map(|links| links.base.clone()));
        let mut rows = vec![["From".to_owned(), source], ["To".to_owned(), destination]];
        if let Some(report) = page.report {
            rows.push(["Refs".to_owned(), closing::counts(report)]);
        }
        let pack = page.report.map_or(0, |report| report.pack_bytes);
        let mut size = if pack == 0 { "nothing to send".to_owned() } else { Bytes(pack).to_string() };
        if let Some(rate) = rate(pack, page.elapsed).filter(|_| pack >= 1 << 20) {
            let _infallible = write!(size, ", {rate} over the whole run");
        }
        rows.push(["Pack".to_owned(), size]);
        rows.push(["Time".to_owned(), Elapsed(page.elapsed).to_string()]);
        self.table(["Result", &prose(&capitalised(page.result))], &rows);
    }

    fn changes(&mut self, report: &Report) {
        for (outcome, words) in [
            (Outcome::Done, ["Created", "Updated", "Deleted"]),
            (Outcome::Planned, ["To create", "To update", "To delete"]),
        ] {
            let [created, updated, deleted] = words;
            let of_kind =
                || report.outcomes.iter().filter(|ref_| ref_.outcome == outcome).map(|ref_| &ref_.update);
            self.list(created, ["Ref", "Commit"], of_kind(), |writer, update| match update {
                RefUpdate::Create { name, new } => Some([writer.name(name), writer.commit(name, *new)]),
                _ => None,
            });
            self.list(updated, ["Ref", "Old → new"], of_kind(), |writer, update| match update {
                RefUpdate::Update { name, old, new } => {
                    Some([writer.name(name), format!("`{old:.10}` → {}", writer.commit(name, *new))])
                }
                _ => None,
            });
            self.list(deleted, ["Ref", "Was"], of_kind(), |writer, update| match update {
                RefUpdate::Delete { name, old } => {
                    Some([outside(&name.to_text(), &writer.masks), format!("`{old:.10}`")])
                }
                _ => None,
            });
        }
    }

    fn not_done(&mut self, report: &Report, settings: &Settings) {
        self.list("Not done", ["Ref", "Why", "What to do"], report.outcomes.iter(), |writer, ref_| {
            let RefOutcome { update, .. } = ref_;
            let trouble = Trouble::of_ref(ref_, report, settings)?;
            let name = outside(&update.name().to_text(), &writer.masks);
            Some([name, outside(&trouble.what, &writer.masks), prose(&trouble.advice)])
        });
    }

    fn kept(&mut self, report: &Report) {
        self.list(
            "Kept, although the source lacks it",
            ["Ref", "Why"],
            report.kept.iter(),
            |writer, kept| {
                let why = match &kept.reason {
                    KeptReason::DefaultBranch => "the destination's default branch".to_owned(),
                    KeptReason::SymbolicFor(target) => {
                        format!("symbolic for {}", outside(&target.to_text(), &writer.masks))
                    }
                };
                Some([writer.name(&kept.name), why])
            },
        );
    }

    /// Writes a heading and a table of what `row` makes a row of; nothing where that is nothing.
    fn list<T, const N: usize>(
        &mut self,
        title: &str,
        head: [&str; N],
        items: impl Iterator<Item = T>,
        row: impl Fn(&Self, T) -> Option<[String; N]>,
    ) {
        let mut rows = items.filter_map(|item| row(self, item));
        let shown: Vec<_> = rows.by_ref().take(ROWS).collect();
        let rest = rows.count() as u64;
        if shown.is_empty() {
            return;
        }
        self.paragraph(&format!("### {title}: {}", shown.len() as u64 + rest));
        self.table(head, &shown);
        if rest > 0 {
            self.paragraph(&format!("and {} more", Count(rest, "ref")));
        }
    }

    fn table<const N: usize>(&mut self, head: [&str; N], rows: &[[String; N]]) {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        self.out.push_str(&line(&head.map(str::to_owned)));
        self.out.push_str(&line(&head.map(|_| "---".to_owned())));
        for row in rows {
            self.out.push_str(&line(row));
        }
        self.out.push('\n');
    }

    fn paragraph(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push_str("\n\n");
    }

    fn name(&self, name: &RefName) -> String {
        let shows_all = |text: &str| self.masks.clean(text) == text;
        let links = self.links.as_ref().filter(|_| shows_all(&name.to_text()));
        self.linked(outside(&name.to_text(), &self.masks), links.and_then(|links| links.of_ref(name)))
    }

    fn commit(&self, name: &RefName, id: ObjectId) -> String {
        self.linked(format!("`{id:.10}`"), self.links.as_ref().and_then(|links| links.of_commit(name, id)))
    }

    /// Makes a link, unless its address shows a secret.
    fn linked(&self, text: String, link: Option<String>) -> String {
        match link {
            Some(link) if self.masks.clean(&link) == link => format!("[{text}]({link})"),
            _ => text,
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
