// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "replay/analyses/where.hpp"
#include "replay/capture_decoder.hpp"

namespace mig::replay {

/// A finding.
struct Finding {
  std::string kind;  ///< "ping-without-pong", ...: docs/summary-schema.md has them all
  std::string text;
  std::optional<Where> place;
};

/// One question that a capture answers for each of its migrations: what it collects while the capture is
/// read, and the answer for people and for programs. A file of its own, and a line in registry.cpp.
class MigrationAnalysis : public Consumer {
 public:
  // Valid after finished(), for every migration of the capture.
  [[nodiscard]] virtual std::string text(const Migration& migration, Time start) = 0;
  [[nodiscard]] virtual boost::json::object json(const Migration& migration, Time start) = 0;
  /// What the summary has of it: rows, made by summary_row(), and findings.
  [[nodiscard]] virtual std::string summary_rows(const Migration&) { return {}; }
  [[nodiscard]] virtual std::vector<Finding> findings(const Migration&) { return {}; }
};

}  // namespace mig::replay
