use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use serde_json::{Value, json};
use ureq::http::header;

use super::*;
use crate::lfs::fields::{FieldError, Framing};
use crate::lfs::lfs_url::LfsUrlError;
use crate::lfs::lifetime::Lifetime;

fn pointer(number: u8) -> Pointer {
    Pointer { oid: Oid::new([number; 32]), size: u64::from(number) }
}

fn hex(number: u8) -> String {
    Oid::new([number; 32]).to_string()
}

fn read_json(operation: Operation, asked: &[u8], answer: &Value) -> Result<Vec<ObjectAnswer>, BatchError> {
    let asked: Vec<_> = asked.iter().map(|number| pointer(*number)).collect();
    read(operation, &asked, answer.to_string().as_bytes(), Some(UNIX_EPOCH))
}

fn one(operation: Operation, object: &Value) -> ObjectAnswer {
    let mut object = object.clone();
    object["oid"] = json!(hex(1));
    read_json(operation, &[1], &json!({ "objects": [object] })).unwrap().remove(0)
}

fn transfer(operation: Operation, object: &Value) -> Transfer {
    match one(operation, object) {
        ObjectAnswer::Transfer(transfer) => *transfer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_is_as_the_specification_has_it() {
    let body = request(Operation::Download, Some("refs/heads/main"), &[pointer(1), pointer(2)]);
    let expected = json!({
        "operation": "download",
        "transfers": ["basic"],
        "ref": { "name": "refs/heads/main" },
        "objects": [{ "oid": hex(1), "size": 1 }, { "oid": hex(2), "size": 2 }],
        "hash_algo": "sha256",
    });
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
    let upload: Value = serde_json::from_str(&request(Operation::Upload, None, &[])).unwrap();
    assert_eq!((&upload["operation"], upload.get("ref")), (&json!("upload"), None));
    assert_eq!(verify_request(&pointer(3)), format!("{{\"oid\":\"{}\",\"size\":3}}", hex(3)));
    for operation in [Operation::Download, Operation::Upload] {
        assert_eq!(json!(operation), json!(operation.name()));
    }
}

#[test]
fn an_answer_to_a_download_says_where_objects_are() {
    let answer = json!({
        "transfer": "basic",
        "objects": [
            { "oid": hex(1), "size": 1, "authenticated": true, "actions": { "download": {
                "href": "https://some-download.com/1?sig=abc", "header": { "Key": "value" },
                "expires_at": "1970-01-01T01:00:00Z", "expires_in": 60 } } },
            { "oid": hex(2), "size": 2, "error": { "code": 404, "message": "Object does not exist" } },
        ],
        "hash_algo": "sha256",
    });
    let read = read_json(Operation::Download, &[2, 1, 3], &answer).unwrap();
    let [missing, ObjectAnswer::Transfer(there), left_out] = read.as_slice() else { panic!("{read:?}") };
    let error = ObjectError { code: 404, message: "Object does not exist".to_owned() };
    assert!(error.is_missing());
    assert_eq!((missing, left_out), (&ObjectAnswer::Refused(error), &ObjectAnswer::LeftOut));
    assert_eq!(there.action.href.expose(), "https://some-download.com/1?sig=abc");
    assert_eq!(there.action.sign_in, SignIn::Done);
    assert_eq!(there.action.lifetime, Lifetime::For(Duration::from_secs(60)));
    assert_eq!((there.verify.as_ref(), there.other_size), (None, None));
    assert!(!format!("{there:?}").contains("abc"));
}

#[test]
fn an_answer_to_an_upload_says_what_is_wanted() {
    let object = json!({ "size": 1, "actions": {
        "upload": { "href": "https://host/1", "header": { "Transfer-Encoding": "chunked", "Authorization": "Basic eA" } },
        "verify": { "href": "https://host/verify", "header": { "Accept": "x" } },
    } });
    let found = transfer(Operation::Upload, &object);
    assert_eq!((found.action.fields.framing, found.action.sign_in), (Framing::Chunked, SignIn::NotSaid));
    let verify = found.verify.unwrap();
    assert_eq!((verify.href.expose(), verify.fields.has(&header::ACCEPT)), ("https://host/verify", true));
    for kept in [
        json!({ "size": 1 }),
        json!({ "size": 1, "actions": null }),
        json!({ "size": 1, "actions": {} }),
        json!({ "actions": { "verify": { "href": "https://host/verify" } } }),
        json!({ "actions": { "download": { "href": "https://host/1" } } }),
    ] {
        assert_eq!(one(Operation::Upload, &kept), ObjectAnswer::Kept, "{kept}");
    }
}

#[test]
fn what_servers_leave_out_or_add_is_taken() {
    let href = "https://host/1";
    for object in [
        // rudolfs, without a header; a server without a size; the older name; lfstest's time for never.
        json!({ "size": 1, "actions": { "download": { "href": href, "header": null, "expires_in": null } } }),
        json!({ "actions": { "download": { "href": href } } }),
        json!({ "size": 1, "_links": { "download": { "href": href } } }),
        json!({ "size": 1, "actions": {}, "_links": { "download": { "href": href } } }),
        json!({ "size": 1, "actions": { "download": { "href": href, "expires_at": "0001-01-01T00:00:00Z" } } }),
        json!({ "size": 1, "error": null, "x": [{}], "actions": { "download": { "href": href, "id": 1 }, "y": 7 } }),
        json!({ "size": 1.0, "authenticated": null, "actions": { "download": { "href": href }, "upload": null } }),
    ] {
        let found = transfer(Operation::Download, &object);
        assert_eq!((found.action.href.expose(), found.action.lifetime), (href, Lifetime::Open), "{object}");
    }
    for (size, other) in [(json!(1), None), (json!(2), Some(2)), (json!(-1), None), (json!(null), None)] {
        let object = json!({ "size": size, "actions": { "download": { "href": href } } });
        assert_eq!(transfer(Operation::Download, &object).other_size, other);
    }
}

#[test]
fn what_is_wrong_with_an_object_is_said_of_it_alone() {
    use ActionError as E;
    let href = |href: &str| json!({ "actions": { "download": { "href": href } } });
    for (object, error) in [
        (json!({ "size": 1 }), E::Missing),
        (json!({ "actions": { "upload": { "href": "https://host" } } }), E::Missing),
        (href("/objects/1"), E::Href(LfsUrlError::Malformed)),
        (href("file:///etc/passwd"), E::Href(LfsUrlError::NotWeb)),
        (href("https://user:pass@host/1"), E::Href(LfsUrlError::UserInfo)),
        (
            json!({ "actions": { "download": { "href": "https://host", "header": { "a": "b\nc" } } } }),
            E::Field(FieldError::Value),
        ),
    ] {
        assert_eq!(one(Operation::Download, &object), ObjectAnswer::Unusable(error), "{object}");
    }
    let verify = json!({ "actions": { "upload": { "href": "https://host" }, "verify": { "href": "x" } } });
    assert_eq!(one(Operation::Upload, &verify), ObjectAnswer::Unusable(E::Href(LfsUrlError::Malformed)));
}

#[test]
fn the_error_of_an_object_counts_before_its_actions() {
    for (error, code, missing) in [
        (json!({ "code": 404, "message": "gone" }), 404, true),
        (json!({ "code": 410, "message": "gone" }), 410, true),
        (json!({ "code": 422, "message": "gone" }), 422, false),
        (json!({ "code": 507, "message": "gone" }), 507, false),
        (json!({ "message": "gone" }), 0, false),
        (json!({ "code": 99_999_999, "message": "gone" }), 0, false),
        (json!({ "code": "x" }), 0, false),
    ] {
        let object = json!({ "error": error, "actions": { "download": { "href": "https://host" } } });
        let asked = [pointer(1)];
        let whole = json!({ "objects": [{ "oid": hex(1), "error": error, "actions": object["actions"] }] });
        match read(Operation::Download, &asked, whole.to_string().as_bytes(), None) {
            Ok(read) => match read.as_slice() {
                [ObjectAnswer::Refused(error)] => {
                    assert_eq!((error.code, error.is_missing()), (code, missing));
                    assert_eq!(error.message, "gone");
                }
                other => panic!("{other:?}"),
            },
            Err(error) => assert!(matches!(error, BatchError::Malformed { .. }), "{error}"),
        }
    }
    let long = json!({ "error": { "code": 1, "message": "x".repeat(5000) } });
    let ObjectAnswer::Refused(error) = one(Operation::Upload, &long) else { panic!("{long}") };
    assert!(error.message.len() < 520);
}

#[test]
fn of_an_object_that_is_there_twice_the_first_counts() {
    let object = |href: &str| json!({ "oid": hex(1), "actions": { "download": { "href": href } } });
    let answer = json!({ "objects": [
        { "oid": "x", "actions": {} }, object("https://one"), object("https://two"), { "oid": hex(9) },
        { "oid": hex(0xab).to_uppercase() },
    ] });
    let read = read_json(Operation::Download, &[1, 0xab], &answer).unwrap();
    let [ObjectAnswer::Transfer(first), ObjectAnswer::LeftOut] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!(first.action.href.expose(), "https://one/");
}

#[test]
fn an_answer_by_other_rules_is_refused() {
    let answer = |answer: Value| read_json(Operation::Download, &[1], &answer);
    assert_eq!(
        answer(json!({ "transfer": "tus", "objects": [] })),
        Err(BatchError::Transfer("tus".to_owned()))
    );
    assert_eq!(
        answer(json!({ "hash_algo": "sha512", "objects": [] })),
        Err(BatchError::Hash("sha512".to_owned()))
    );
    for fine in [
        json!({ "objects": [] }),
        json!({ "objects": null }),
        json!({ "transfer": "", "hash_algo": "", "objects": [] }),
        json!({ "transfer": null, "hash_algo": null, "objects": [] }),
    ] {
        assert_eq!(answer(fine), Ok(vec![ObjectAnswer::LeftOut]));
    }
    for bad in [
        json!({}),
        json!([]),
        json!({ "message": "secret" }),
        json!({ "objects": {} }),
        json!({ "objects": [{}] }),
        json!({ "objects": [{ "oid": 1 }] }),
        json!({ "objects": [{ "oid": hex(1), "actions": [] }] }),
        json!({ "objects": [{ "oid": hex(1), "actions": { "download": {} } }] }),
        json!({ "objects": [{ "oid": hex(1), "actions": { "download": { "href": 1 } } }] }),
        json!({ "objects": vec![json!({ "oid": "x" }); MOST_ANSWERED + 1] }),
    ] {
        assert!(matches!(answer(bad.clone()), Err(BatchError::Malformed { .. })), "{bad}");
    }
    let html = read(Operation::Download, &[], b"<html>", None);
    assert_eq!(html, Err(BatchError::Malformed { line: 1, column: 1 }));
    assert_eq!(read(Operation::Download, &[], b"{\"objects\": [", None), Err(BatchError::Cut));
    let secret = read(Operation::Download, &[], b"{\"objects\": \"hunter22\"}", None).unwrap_err();
    assert!(!format!("{secret} {secret:?}").contains("hunter22"));
}

proptest! {
    #[test]
    fn each_object_gets_its_own_answer_in_whatever_order(
        kinds in prop::collection::vec(0_u8..4, 1..20), order in any::<u64>(),
    ) {
        let numbers: Vec<u8> = (1..).take(kinds.len()).collect();
        let mut objects: Vec<_> = numbers.iter().zip(&kinds).filter_map(|(number, kind)| match kind {
            0 => None,
            1 => Some(json!({ "oid": hex(*number) })),
            2 => Some(json!({ "oid": hex(*number), "error": { "code": number, "message": "" } })),
            _ => Some(json!({ "oid": hex(*number), "actions": { "upload": { "href": format!("https://host/{number}") } } })),
        }).collect();
        objects.sort_by_key(|object| {
            let digits = object["oid"].as_str().unwrap().as_bytes()[1];
            u64::from(digits).wrapping_mul(order | 1)
        });
        let read = read_json(Operation::Upload, &numbers, &json!({ "objects": objects })).unwrap();
        for ((number, kind), answer) in numbers.iter().zip(&kinds).zip(&read) {
            match (kind, answer) {
                (0, ObjectAnswer::LeftOut) | (1, ObjectAnswer::Kept) => {}
                (2, ObjectAnswer::Refused(error)) => prop_assert_eq!(error.code, u16::from(*number)),
                (3, ObjectAnswer::Transfer(transfer)) => {
                    prop_assert_eq!(transfer.action.href.expose(), format!("https://host/{number}"));
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn any_bytes_are_an_answer_for_each_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read(Operation::Upload, &[pointer(1)], &bytes, None).is_err());
    }
}
