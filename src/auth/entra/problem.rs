//! The errors of Microsoft Entra by their numbers (AADSTS…), as far as something follows from them. Pure.
//!
//! The numbers are from Microsoft's "Microsoft Entra authentication and authorization error codes".

use crate::error::TokenProblem;

/// The meaning of an error of Entra.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It passes by itself.
    Passes,
    /// It does not.
    Problem(TokenProblem),
}

/// Returns the meaning of an error, if it is known.
pub(super) fn of_code(code: u64) -> Option<Meaning> {
    use TokenProblem as Problem;
    let problem = match code {
        // Too much asked for, by this application or its tenant (90025, 90055, 50196); a service behind it is away or slow.
        50_033 | 50_196 | 90_006 | 90_012 | 90_024 | 90_025 | 90_033 | 90_055 => {
            return Some(Meaning::Passes);
        }
        700_024 | 500_133 => Problem::AssertionOutsideItsTime,
        70_021 | 70_025 | 700_211..=700_213 => Problem::NoFederatedCredential,
        // The last two: the tenant, or the application, is of another cloud.
        70_052 | 900_382 | 900_432 => Problem::ForeignApplication,
        700_016 | 700_011 => Problem::UnknownApplication,
        70_001 | 7_000_112 | 7_000_229 => Problem::DisabledApplication,
        // 90038: it is of another cloud.
        90_002 | 90_038 | 900_023 | 50_059 | 50_128 => Problem::UnknownTenant,
        7_000_215 | 70_002 => Problem::WrongSecret,
        7_000_222 => Problem::ExpiredSecret,
        // 700030: one with another subject; 7000214: one that was revoked.
        700_027 | 700_030 | 7_000_214 | 50_012 => Problem::UnknownCertificate,
        53_003 | 530_031..=530_036 => Problem::ConditionalAccess,
        500_011 | 500_014 | 650_052 | 50_001 => Problem::UnknownResource,
        _ => return None,
    };
    Some(Meaning::Problem(problem))
}

/// Returns the numbers in a text of Entra, in its order.
pub(super) fn codes_in(text: &str) -> impl Iterator<Item = u64> {
    text.split("AADSTS").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest.get(..end)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_its_meaning() {
        use TokenProblem as Problem;
        for (problem, codes) in [
            (Problem::AssertionOutsideItsTime, &[700_024, 500_133][..]),
            (Problem::NoFederatedCredential, &[70_021, 70_025, 700_211, 700_212, 700_213]),
            (Problem::ForeignApplication, &[70_052, 900_382, 900_432]),
            (Problem::UnknownApplication, &[700_016, 700_011]),
            (Problem::DisabledApplication, &[70_001, 7_000_112, 7_000_229]),
            (Problem::UnknownTenant, &[90_002, 90_038, 900_023, 50_059, 50_128]),
            (Problem::WrongSecret, &[7_000_215, 70_002]),
            (Problem::ExpiredSecret, &[7_000_222]),
            (Problem::UnknownCertificate, &[700_027, 700_030, 7_000_214, 50_012]),
            (Problem::ConditionalAccess, &[53_003, 530_031, 530_032, 530_033, 530_034, 530_035, 530_036]),
            (Problem::UnknownResource, &[500_011, 500_014, 650_052, 50_001]),
        ] {
            for code in codes {
                assert_eq!(of_code(*code), Some(Meaning::Problem(problem)), "{code}");
            }
        }
        for code in [50_033, 50_196, 90_006, 90_012, 90_024, 90_025, 90_033, 90_055] {
            assert_eq!(of_code(code), Some(Meaning::Passes), "{code}");
        }
        for code in [0, 7_000_218, 700_210, 530_030, 530_037, u64::MAX] {
            assert_eq!(of_code(code), None, "{code}");
        }
    }

    #[test]
    fn numbers_are_found_in_the_words() {
        let codes = |text| codes_in(text).collect::<Vec<_>>();
        assert_eq!(codes("AADSTS7000215: Invalid client secret. AADSTS90002."), [7_000_215, 90_002]);
        assert_eq!(codes("AADSTS AADSTSx AADSTS99999999999999999999999 7000215"), [0; 0]);
    }
}
