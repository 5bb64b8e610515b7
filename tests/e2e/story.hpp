// SPDX-License-Identifier: GPL-2.0-or-later
// The story of a run on standard error, where ctest shows it when the test fails.
#pragma once

#include <iostream>
#include <string>

#include "validate/run/run_listener.hpp"

namespace mig::test {

class Story : public validate::RunListener {
 public:
  void on_action(validate::Seconds at, const std::string& text) override { tell(at, "test", text); }
  void on_change(validate::Side side, const validate::StateChange& change) override {
    tell(change.at, to_string(side), change.text);
  }
  void on_proxy(const validate::ProxyLine& line) override { tell(line.at, "migproxy", line.text); }

 private:
  static void tell(validate::Seconds at, const std::string& who, const std::string& text) {
    std::cerr << at << " s " << who << ": " << text << '\n';
  }
};

}  // namespace mig::test
