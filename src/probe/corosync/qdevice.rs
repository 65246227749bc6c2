//! `corosync-qdevice-tool -sv` (qdevices/qdevice-ipc-cmd.c, qdevice-net-ipc-cmd.c).

use super::field;
use crate::domain::observation::corosync::QdeviceView;
use crate::domain::text;

/// Reads the status; none if there is neither a model nor a state in it.
pub fn read(said: &str) -> Option<QdeviceView> {
    let mut view = QdeviceView::default();
    for (key, value) in said.lines().filter_map(field) {
        let kept = Some(text::clean(value));
        match key {
            "Model" => view.model = kept,
            "State" => view.state = kept,
            "QNetd host" => view.qnetd = kept,
            "Algorithm" => view.algorithm = kept,
            "Tie-breaker" => view.tie_breaker = kept,
            _ => {}
        }
    }
    (view.model.is_some() || view.state.is_some()).then_some(view)
}
