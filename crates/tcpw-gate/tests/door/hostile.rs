//! Calls, descriptors and values that are not in order.

use super::Stage;

#[test]
fn what_is_not_in_order_serves_nobody_and_says_nothing_to_the_client() {
    let stage = Stage::new();
    let words = [stage.gate.as_os_str(), stage.probe.as_os_str()];
    let proven = stage.play("/usr/bin/python3", "hostile.py", &words);
    assert_eq!(proven.len(), 1, "{proven:?}");
}
