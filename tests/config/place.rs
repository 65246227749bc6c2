//! `[USER@]HOST[:PORT]`.

use proptest::prelude::*;
use quorate::domain::place::Place;

#[test]
fn places() {
    let cases: &[(&str, Option<&str>, &str, Option<u16>)] = &[
        ("n1", None, "n1", None),
        ("root@n1", Some("root"), "n1", None),
        ("root@n1:2201", Some("root"), "n1", Some(2201)),
        ("192.0.2.1:22", None, "192.0.2.1", Some(22)),
        ("2001:db8::1", None, "2001:db8::1", None),
        ("root@2001:db8::1", Some("root"), "2001:db8::1", None),
        ("[2001:db8::1]", None, "2001:db8::1", None),
        ("root@[2001:db8::1]:2201", Some("root"), "2001:db8::1", Some(2201)),
        ("user@realm@n1", Some("user@realm"), "n1", None),
        ("ssh://root@n1:2201/", Some("root"), "n1", Some(2201)),
        (" n1 ", None, "n1", None),
    ];
    for (text, user, host, port) in cases {
        let place: Place = text.parse().unwrap();
        assert_eq!((place.user.as_deref(), place.host.as_str(), place.port), (*user, *host, *port), "{text}");
    }
}

#[test]
fn no_places() {
    for text in [
        "",
        "root@",
        "@n1",
        ":22",
        "n1:",
        "n1:0",
        "n1:65536",
        "n1:ssh",
        "n1:+22",
        "[::1",
        "[::1]22",
        "[]:22",
        "[n1:]",
        "a:b:c",
        "-oProxyCommand=x",
        "-l@n1",
        "a b",
        "a\nb",
        "n1,n2",
        "n1:22\0",
    ] {
        let error = text.parse::<Place>().unwrap_err().to_string();
        assert!(!error.contains(['\n', '\0']), "{text:?}: {error:?}");
    }
}

#[test]
fn lists() {
    assert_eq!(Place::jumps("none").unwrap(), []);
    assert_eq!(Place::jumps("a@b1:22,b2").unwrap().len(), 2);
    assert!(Place::jumps("b1,,b2").is_err());
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(text in "([a-z]{1,4}@)?([a-z0-9.]{1,9}|\\[fe80::[1-9a-f]{1,4}(%eth0)?\\])(:[1-9][0-9]{0,3})?") {
        let place: Place = text.parse().unwrap();
        prop_assert_eq!(place.to_string().parse::<Place>().unwrap(), place);
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,40}") {
        if let Ok(place) = text.parse::<Place>() {
            prop_assert!(!place.host.is_empty() && !place.host.starts_with('-') && place.port != Some(0));
        }
    }
}
