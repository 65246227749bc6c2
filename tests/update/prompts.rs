//! Questions of links: what is typed, what is answered.

use quorate::app::{Answer, Ask, Effect, Model, Msg, update};
use quorate::domain::secret::Secret;
use quorate::keymap::{Key, Keymap, parse_chord};

use crate::view::{paint, sample};

fn host_key() -> Ask {
    Ask::HostKey { host: "n6".into(), kind: "ssh-ed25519".into(), fingerprint: "SHA256:abcdef".into(), file: "~/.ssh/known_hosts".into() }
}

fn asked(ask: Ask) -> Model {
    let mut model = sample::model_of(sample::setup(100, 30), sample::healthy());
    update(&mut model, Msg::Prompt { id: 7, node: "n6".into(), ask });
    model
}

fn type_keys(model: &mut Model, script: &str) -> Vec<Effect> {
    parse_chord(script).unwrap().into_iter().flat_map(|k: Key| update(model, Msg::Key(k))).collect()
}

#[test]
fn host_keys() {
    let answer = |answer| vec![Effect::AnswerPrompt { id: 7, answer }];
    for (script, expected) in [
        ("y enter", answer(Answer::Trust)),
        ("Y e s enter", answer(Answer::Trust)),
        ("n enter", answer(Answer::Refuse)),
        ("esc", answer(Answer::Refuse)),
        ("y esc", answer(Answer::Refuse)),
        // Nothing is decided by enter alone, by y alone, or by a key that was meant for the screen.
        ("enter", vec![]),
        ("y", vec![]),
        ("j enter", vec![]),
        ("q", vec![]),
        ("ctrl-c", vec![Effect::Quit]),
    ] {
        assert_eq!(type_keys(&mut asked(host_key()), script), expected, "{script}");
    }
    let text = paint::text(&paint::frame(&asked(host_key())));
    assert!(text.contains("SHA256:abcdef") && text.contains("UNKNOWN HOST KEY, n6") && text.contains("y/N"), "{text}");
}

#[test]
fn a_pasted_text_never_trusts_a_key() {
    let mut model = asked(host_key());
    update(&mut model, Msg::Paste("y\n".into()));
    assert_eq!(type_keys(&mut model, "enter"), vec![]);
}

#[test]
fn passphrases_are_masked() {
    let mut model = asked(Ask::Passphrase { file: "~/.ssh/id".into(), again: true });
    assert_eq!(type_keys(&mut model, "enter"), vec![], "an empty passphrase is no answer");
    type_keys(&mut model, "h u n");
    update(&mut model, Msg::Paste("ter2\nq".into()));
    let text = paint::text(&paint::frame(&model));
    assert!(text.contains("*******_") && !text.contains("hunter2"), "{text}");
    assert!(text.contains("was wrong"));
    assert!(!format!("{:?}", type_keys(&mut model.clone(), "enter")).contains("hunter2"));
    let effects = type_keys(&mut model, "enter");
    assert_eq!(effects, vec![Effect::AnswerPrompt { id: 7, answer: Answer::Passphrase(Secret::new("hunter2")) }]);
    assert!(model.prompts.is_empty());
}

#[test]
fn one_after_the_other_and_gone_when_nobody_waits() {
    let mut model = asked(host_key());
    update(&mut model, Msg::Prompt { id: 8, node: "n7".into(), ask: host_key() });
    assert!(paint::text(&paint::frame(&model)).contains("1 more questions wait") || model.prompts.len() == 2);
    update(&mut model, Msg::PromptGone(7));
    assert_eq!(model.prompts.shown().unwrap().node, "n7");
    assert_eq!(type_keys(&mut model, "y enter"), vec![Effect::AnswerPrompt { id: 8, answer: Answer::Trust }]);
}

#[test]
fn a_wallboard_refuses_and_every_key_but_quit_is_dead() {
    let mut setup = sample::setup(100, 30);
    setup.wallboard = true;
    let mut model = sample::model_of(setup, sample::degraded());
    model.take_dirty();
    let effects = update(&mut model, Msg::Prompt { id: 7, node: "n6".into(), ask: host_key() });
    assert_eq!(effects, vec![Effect::AnswerPrompt { id: 7, answer: Answer::Refuse }]);
    assert_eq!(type_keys(&mut model, "1 enter j a F ? : / esc ctrl-z ctrl-l c y"), vec![]);
    assert!(!model.take_dirty(), "nothing moved");
    assert_eq!(type_keys(&mut model, "q"), vec![Effect::Quit]);
    assert_eq!(type_keys(&mut model, "ctrl-c"), vec![Effect::Quit]);
    assert_eq!(type_keys(&mut model, "x q"), vec![Effect::Quit], "a chord that comes to nothing takes no key away");
}

#[test]
fn a_wallboard_is_left_by_a_chord_too() {
    let mut setup = sample::setup(100, 30);
    setup.wallboard = true;
    setup.keymap = Keymap::layered("mine", "mine.toml", "[global]\n\"q\" = \"none\"\n\"ctrl-c\" = \"none\"\n\"Z Q\" = \"quit\"\n").unwrap();
    let mut model = sample::model_of(setup, sample::degraded());
    model.take_dirty();
    assert_eq!(type_keys(&mut model, "q Z x ctrl-c Z Z"), vec![]);
    assert!(!model.take_dirty(), "nothing moved");
    assert_eq!(type_keys(&mut model, "Q"), vec![Effect::Quit]);
}
