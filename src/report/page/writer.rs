//! The writer of the page: paragraphs, tables and links, within a bound.

use super::cells::{code_span, prose};
use super::links::Links;
use super::verdict::Verdict;
use crate::agent::masks::Masks;
use crate::config::step::Step;
use crate::report::advice::Guidance;
use crate::report::lfs_issues;
use crate::report::list_cap::LISTED;
use crate::report::plan_lines::REF;
use crate::report::problems::Problem;
pub(super) use crate::report::units::capitalised;
use crate::report::units::more;

/// Number of mirrors of a container that a table has at most.
pub(super) const MIRRORS: usize = 1000;

/// The things that a table lists.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rows {
    Refs,
    Objects,
    Mirrors,
}

impl Rows {
    fn name(self) -> &'static str {
        match self {
            Self::Refs => REF,
            Self::Objects => "object",
            Self::Mirrors => "mirror",
        }
    }

    /// Returns the number of rows that a table has at most; the rest is counted.
    fn most(self) -> usize {
        match self {
            Self::Refs => LISTED,
            Self::Mirrors => MIRRORS,
            Self::Objects => lfs_issues::SHOWN,
        }
    }
}

/// Size that the page may reach by rows, in bytes: the agent uploads it, and a browser shows it whole.
pub(super) const SIZE: usize = 1 << 20;

/// A page under way.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub(super) step: &'a Step,
    pub(super) masks: Masks,
    /// The pages of the destination of the mirror that is told of.
    pub(super) links: Option<Links>,
    pub(super) out: String,
}

/// The rows that a table has room for, and how many more there are.
struct Shown<const N: usize> {
    rows: Vec<[String; N]>,
    rest: usize,
}

impl Writer<'_> {
    /// Writes a heading and a table of what `row` makes a row of; nothing where that is nothing.
    pub(super) fn list<T, const N: usize>(
        &mut self,
        title: &str,
        of: Rows,
        head: [&str; N],
        items: impl Iterator<Item = T>,
        row: impl Fn(&Self, T) -> Option<[String; N]>,
    ) {
        let shown = self.shown(of, items, row);
        let count = shown.rows.len() + shown.rest;
        if count > 0 {
            self.paragraph(&format!("### {title}: {count}"));
            self.put(of, head, &shown);
        }
    }

    /// Writes such a table without a heading. So many more items are counted as those that are given.
    pub(super) fn rows<T, const N: usize>(
        &mut self,
        of: Rows,
        head: [&str; N],
        (items, more): (impl Iterator<Item = T>, usize),
        row: impl Fn(&Self, T) -> Option<[String; N]>,
    ) {
        let mut shown = self.shown(of, items, row);
        shown.rest += more;
        self.put(of, head, &shown);
    }

    fn shown<T, const N: usize>(
        &self,
        of: Rows,
        items: impl Iterator<Item = T>,
        row: impl Fn(&Self, T) -> Option<[String; N]>,
    ) -> Shown<N> {
        let mut items = items.filter_map(|item| row(self, item));
        let (mut rows, mut size) = (Vec::new(), self.out.len());
        while rows.len() < of.most()
            && size < SIZE
            && let Some(row) = items.next()
        {
            size += row.iter().map(String::len).sum::<usize>();
            rows.push(row);
        }
        Shown { rows, rest: items.count() }
    }

    fn put<const N: usize>(&mut self, of: Rows, head: [&str; N], Shown { rows, rest }: &Shown<N>) {
        if !rows.is_empty() {
            self.table(head, rows);
        }
        if *rest > 0 {
            self.paragraph(&format!("and {}", more(*rest, of.name())));
        }
    }

    pub(super) fn table<const N: usize>(&mut self, head: [&str; N], rows: &[[String; N]]) {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        self.out.push_str(&line(&head.map(str::to_owned)));
        self.out.push_str(&line(&head.map(|_| "---".to_owned())));
        for row in rows {
            self.out.push_str(&line(row));
        }
        self.out.push('\n');
    }

    /// Writes the heading of the page, or of one of its parts.
    pub(super) fn verdict(&mut self, Verdict { sign, words }: &Verdict) {
        self.paragraph(&format!("## {} {words}", sign.mark()));
    }

    /// Writes a problem with its advice.
    pub(super) fn problem(&mut self, Problem { what, advice }: &Problem) {
        let what = code_span(what, &self.masks);
        self.paragraph(&what);
        self.advice(advice, "");
    }

    /// Writes what there is to do, and where the host's settings are if `words` of it show that they are the cause.
    pub(super) fn advice(&mut self, guidance: &Guidance, words: &str) {
        if guidance.is_empty() {
            return;
        }
        let settings = self.links.as_ref().and_then(|links| links.settings_for(words));
        let settings = settings
            .filter(|(_, address)| self.masks.clean(address) == **address)
            .map(|(name, address)| format!(" Open [{name}]({address})."));
        self.paragraph(&to_do(guidance, &settings.unwrap_or_default(), &self.masks));
    }

    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push_str("\n\n");
    }

    /// Makes a link, unless its address shows a secret.
    pub(super) fn linked(&self, text: String, link: Option<String>) -> String {
        match link {
            Some(link) if self.masks.clean(&link) == link => format!("[{text}]({link})"),
            _ => text,
        }
    }
}

/// Says what there is to do, with this behind it, and where there is more.
pub(super) fn to_do(guidance: &Guidance, behind: &str, masks: &Masks) -> String {
    let advice = prose(&masks.clean(&guidance.text));
    let more = guidance.link().map(|link| format!(" [More about this error]({link})"));
    format!("**Do this:** {advice}{behind}{}", more.unwrap_or_default())
}
