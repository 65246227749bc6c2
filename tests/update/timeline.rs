//! The timeline: order, bounds, filters, scrolling, freezing.

use quorate::app::filter::Filter;
use quorate::app::timeline::{KEPT, Timeline};
use quorate::app::{Msg, update};
use quorate::domain::event::{Event, Severity, Source};
use quorate::domain::stamp::Stamp;

use crate::view::{frames, paint, sample};

fn at(second: i64, text: &str) -> Event {
    sample::event(Stamp::from_secs(second), "n1", Source::Kernel, Severity::Info, text)
}

fn texts(t: &Timeline) -> Vec<String> {
    t.visible().map(|e| e.event.text.clone()).collect()
}

#[test]
fn inserted_where_they_belong_equal_times_as_they_come() {
    let mut t = Timeline::default();
    for (second, text) in [(5, "c"), (1, "a"), (3, "b"), (5, "d"), (9, "e"), (5, "d2")] {
        t.insert(at(second, text));
    }
    assert_eq!(texts(&t), ["a", "b", "c", "d", "d2", "e"]);
}

#[test]
fn bounded_and_says_what_was_dropped() {
    let mut t = Timeline::default();
    for i in 0..10_500 {
        t.insert(at(i, &i.to_string()));
    }
    assert_eq!((t.len(), t.dropped), (KEPT, 500));
    assert_eq!(texts(&t)[0], "500");
    let mut model = frames::model(sample::setup(120, 40), sample::healthy());
    update(&mut model, Msg::Events((0..10_500).map(|i| at(i, "flood")).collect()));
    assert!(paint::text(&paint::frame(&model)).contains("505 oldest dropped"));
}

#[test]
fn what_a_frozen_screen_shows_is_never_dropped() {
    let mut t = Timeline::default();
    (0..100).for_each(|n| t.insert(at(n, &format!("before {n}"))));
    t.freeze(true);
    let page = |t: &Timeline| t.page(20).iter().map(|e| e.event.text.clone()).collect::<Vec<_>>();
    let shown = page(&t);
    for (more, kept, dropped) in [(10_050, 10_150, 0), (10_000, 2 * KEPT, 150)] {
        (0..more).for_each(|_| t.insert(at(200, "since")));
        assert_eq!((page(&t), t.len(), t.dropped), (shown.clone(), kept, dropped));
    }
    t.freeze(false);
    assert_eq!((t.len(), t.dropped), (KEPT, 10_150));
    assert!(page(&t).iter().all(|text| text == "since"));
    t.freeze(true);
    assert_eq!(t.page(20).len(), 20);
}

/// What the filter hides is not below, and what came after the screen stood still is hidden by no filter.
#[test]
fn the_title_counts_what_there_is_to_see() {
    let mut t = Timeline::default();
    (0..30).for_each(|n| t.insert(at(n, &format!("keep {n}"))));
    t.set_filter(Filter::parse("keep"));
    t.step(-5, 10);
    assert!(!t.is_following());
    for text in ["keep this", "hide", "hide too"] {
        t.insert(at(100, text));
    }
    assert_eq!(t.news(), 1);
    t.freeze(true);
    for text in ["keep that", "hide that"] {
        t.insert(at(101, text));
    }
    assert_eq!(t.news(), 1);
    let mut model = sample::model_of(sample::setup(120, 40), sample::healthy());
    frames::keys(&mut model, "F 5 enter");
    update(&mut model, Msg::Events(vec![at(1, "late")]));
    let frame = paint::text(&paint::frame(&model));
    assert!(frame.contains("frozen, 1 new") && !frame.contains("filter hides"), "{frame}");
}

#[test]
fn filters() {
    let mut e = at(1, "eth1: link is DOWN");
    e.severity = Severity::Warning;
    e.subject = Some("vm:wiki".into());
    for (filter, passes) in [
        ("", true),
        ("link down", true),
        ("link up", false),
        ("!up", true),
        ("node:n1", true),
        ("node:n2", false),
        ("!node:n2 eth1", true),
        ("sev:notice", true),
        ("sev:warn", true),
        ("sev:critical", false),
        ("!sev:critical", true),
        ("src:kernel", true),
        ("src:net", false),
        ("svc:wiki", true),
        ("vm:wiki", true),
        ("NODE:N1 Src:KERNEL", true),
        ("sev:", true),
        ("!", true),
        ("sev:nonsense", false),
        ("state:down", true),
        ("!state:down", false),
        ("state:failed", false),
    ] {
        assert_eq!(Filter::parse(filter).takes(&e), passes, "{filter}");
    }
    assert!(Filter::parse("sev:nonsense").mistake().unwrap().contains("info, notice, warning, critical"));
}

#[test]
fn scrolling_stops_following_and_says_what_is_new() {
    let mut model = sample::model_of(sample::setup(120, 40), sample::healthy());
    update(&mut model, Msg::Events((0..50).map(|i| at(i, &format!("line-{i:02}"))).collect()));
    let frame = |m: &quorate::app::Model| paint::text(&paint::frame(m));
    assert!(frame(&model).contains("line-49"));
    frames::keys(&mut model, "5 k k");
    assert_eq!(model.timeline.get(model.timeline.selected.unwrap()).unwrap().event.text, "line-48");
    update(&mut model, Msg::Events((50..60).map(|i| at(i, &format!("line-{i:02}"))).collect()));
    let text = frame(&model);
    assert!(text.contains("10 new below") && text.contains("line-48") && !text.contains("line-55"), "{text}");
    frames::keys(&mut model, "g g");
    assert!(frame(&model).contains("line-00"));
    frames::keys(&mut model, "G");
    let text = frame(&model);
    assert!(text.contains("live") && text.contains("line-59"), "{text}");
}

#[test]
fn the_next_warning_is_found_among_many_lines() {
    let mut model = sample::model_of(sample::setup(120, 40), sample::healthy());
    let mut events: Vec<Event> = (0..500).map(|i| at(i, "dull")).collect();
    events[17].severity = Severity::Critical;
    events[17].text = "the cause".into();
    update(&mut model, Msg::Events(events));
    frames::keys(&mut model, "5 N");
    assert_eq!(model.timeline.get(model.timeline.selected.unwrap()).unwrap().event.text, "the cause");
    assert!(paint::text(&paint::frame(&model)).contains("the cause"));
}

#[test]
fn typed_filters_work_while_typed_and_are_taken_back() {
    let mut model = frames::model(sample::setup(140, 40), sample::healthy());
    frames::keys(&mut model, "5 / n o d e : n 2");
    let text = paint::text(&paint::frame(&model));
    assert!(text.contains("filter events: /node:n2_") && text.contains("/node:n2") && text.contains("3 hidden"), "{text}");
    frames::keys(&mut model, "esc");
    assert!(model.timeline.filter().is_empty());
    frames::keys(&mut model, "/ s r c : n e t enter");
    assert_eq!(model.timeline.filter().text(), "src:net");
    frames::keys(&mut model, "esc");
    assert!(model.timeline.filter().is_empty(), "esc comes back from the filter");
}

#[test]
fn frozen_everything_stands_still_and_says_so() {
    let mut model = frames::model(sample::setup(140, 40), sample::healthy());
    frames::keys(&mut model, "F");
    let before: Vec<String> = paint::text(&paint::frame(&model)).lines().skip(2).take(18).map(str::to_owned).collect();
    update(&mut model, Msg::Picture(std::sync::Arc::new(sample::no_quorum())));
    update(&mut model, Msg::Events(vec![at(1, "old"), sample::event(sample::NOW, "n1", Source::Net, Severity::Info, "fresh")]));
    update(&mut model, Msg::Tick(Stamp(sample::NOW.0 + 150_000_000)));
    let text = paint::text(&paint::frame(&model));
    assert!(text.lines().next().unwrap().contains("FROZEN 2 min"), "{text}");
    assert!(text.contains("frozen, 2 new") && !text.contains("fresh") && !text.contains("no quorum"), "{text}");
    let services = |lines: &[String]| lines.iter().map(|l| l.split("  2 Services").next().unwrap_or(l).len()).sum::<usize>();
    assert!(services(&before) > 0);
    frames::keys(&mut model, "F");
    let text = paint::text(&paint::frame(&model));
    assert!(text.contains("there is no quorum") && text.contains("fresh") && !text.contains("FROZEN"), "{text}");
}
