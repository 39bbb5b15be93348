//! A bar of shares: coloured squares, and what each colour counts.

/// Number of squares of a bar.
const WIDTH: usize = 20;

/// A part of a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// The square that stands for it.
    pub(super) square: &'static str,
    /// Its size.
    pub(super) count: usize,
    /// The words behind its number.
    pub(super) words: &'static str,
    /// Its importance.
    pub(super) weight: Weight,
}

/// The importance of a share to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// As it should be.
    Usual,
    /// To be looked at.
    Trouble,
}

/// Makes a share of what is as it should be.
pub(super) fn usual(square: &'static str, count: usize, words: &'static str) -> Share {
    Share { square, count, words, weight: Weight::Usual }
}

/// Makes a share of what is not.
pub(super) fn trouble(square: &'static str, count: usize, words: &'static str) -> Share {
    Share { square, count, words, weight: Weight::Trouble }
}

/// Returns the bar with its numbers, those of zero left out; none where all are zero.
pub(super) fn line(shares: &[Share]) -> Option<String> {
    let shares: Vec<_> = shares.iter().filter(|share| share.count > 0).collect();
    let cells = cells(&shares.iter().map(|share| share.count).collect::<Vec<_>>());
    let bar: String = shares.iter().zip(cells).map(|(share, cells)| share.square.repeat(cells)).collect();
    let words = shares.iter().map(|Share { square, count, words, weight }| match weight {
        Weight::Usual => format!("{square} {count} {words}"),
        Weight::Trouble => format!("{square} **{count} {words}**"),
    });
    (!shares.is_empty()).then(|| format!("{bar}  \n{}", words.collect::<Vec<_>>().join(" · ")))
}

/// Returns the numbers of squares for these counts, none of which is zero. Each has at least one.
fn cells(counts: &[usize]) -> Vec<usize> {
    let total = counts.iter().sum::<usize>().max(1);
    let mut cells: Vec<_> =
        counts.iter().map(|count| (count.saturating_mul(WIDTH) / total).clamp(1, WIDTH)).collect();
    // What rounding took, or gave, is the largest one's: there it shows least.
    let others =
        |cells: &[usize], at: usize| cells.iter().sum::<usize>() - cells.get(at).copied().unwrap_or(0);
    let largest = (0..cells.len()).max_by_key(|at| (counts.get(*at).copied(), std::cmp::Reverse(*at)));
    if let Some(at) = largest {
        let rest = WIDTH.saturating_sub(others(&cells, at)).max(1);
        cells.get_mut(at).into_iter().for_each(|cell| *cell = rest);
    }
    cells
}

/// Returns a bar of one colour, as long as a share of a whole is large.
pub(super) fn part(share: u128, whole: u128) -> String {
    let filled = usize::try_from((share * WIDTH as u128).div_ceil(whole.max(1))).unwrap_or(WIDTH).min(WIDTH);
    if filled == 0 { "–".to_owned() } else { format!("`{}`", "█".repeat(filled)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_one_width_and_shows_what_is_rare() {
        for (counts, expected) in [
            (&[1][..], &[20][..]),
            (&[1, 1], &[10, 10]),
            (&[1, 1_000_000], &[1, 19]),
            (&[12, 1, 1, 3], &[15, 1, 1, 3]),
            (&[1, 1, 1, 1, 1, 1, 1, 1], &[6, 2, 2, 2, 2, 2, 2, 2]),
            (&[usize::MAX / 4, 1], &[19, 1]),
        ] {
            let cells = cells(counts);
            assert_eq!(cells, expected);
            assert_eq!(cells.iter().sum::<usize>(), WIDTH, "{counts:?}");
        }
    }

    #[test]
    fn numbers_of_zero_are_left_out_and_trouble_stands_out() {
        let shares = [usual("🟩", 12, "created"), usual("🟦", 0, "updated"), trouble("🟥", 4, "refused")];
        let bar = line(&shares).unwrap();
        let (squares, words) = bar.split_once("  \n").unwrap();
        assert_eq!(squares, format!("{}{}", "🟩".repeat(15), "🟥".repeat(5)));
        assert_eq!(words, "🟩 12 created · 🟥 **4 refused**");
        assert_eq!(line(&[usual("🟩", 0, "created")]), None);
    }

    #[test]
    fn a_part_of_a_whole_is_never_larger() {
        for (share, whole, filled) in
            [(0, 5, 0), (1, 1000, 1), (1, 2, 10), (5, 5, 20), (9, 5, 20), (1, 0, 20)]
        {
            assert_eq!(part(share, whole).matches('█').count(), filled, "{share} of {whole}");
        }
    }
}
