// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "replay/capture_decoder.hpp"
#include "replay/extract/output_file.hpp"

namespace mig::replay {

enum class Extract : std::uint8_t { stream, return_path, package, device, vm_description, ram };

/// What is wanted of a capture.
struct ExtractRequest {
  Extract what = Extract::stream;
  std::string name;                       ///< device: its idstr; ram: its block
  std::optional<std::uint32_t> instance;  ///< device: nullopt: the first
  unsigned migration = 1;
  bool zero_missing = false;  ///< bytes that the capture lacks come out as zeros
};
/// "stream", "device:NAME", ... nullopt: none of them.
[[nodiscard]] std::optional<ExtractRequest> parse_extract(const std::string& what);

/// Writes one thing out of a capture while it is read.
class Extractor : public Consumer {
 public:
  void opened(ConnectionId id, const ConnectionInfo& info, Moment moment) final;
  void event(const EventContext& context, const Event& event, Bytes raw) final;
  void undelivered(const EventContext& context, const Event& event, Bytes raw) final {
    this->event(context, event, raw);
  }
  void finished(Time time) override;
  /// Why what was written is not what was asked for, one sentence; empty: it is. Valid after finished().
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  /// Something else to know; empty: nothing.
  [[nodiscard]] const std::string& remark() const noexcept { return remark_; }

  Extractor(const ExtractRequest& wanted, OutputFile& file) : request(wanted), out(file) {}

 protected:
  /// An event of the chosen migration.
  virtual void take(const EventContext& context, const Event& event, Bytes raw) = 0;
  /// The first problem stays.
  void complain(const std::string& what);
  void note(const std::string& what) { remark_ = what; }
  /// A piece of what is wanted: its bytes, or zeros for those that are missing.
  void write(const Event& event, Bytes raw);

  const ExtractRequest& request;
  OutputFile& out;

 private:
  std::string problem_, remark_;
  unsigned migrations_ = 0;
};

/// `request` and `out` outlive it.
[[nodiscard]] std::unique_ptr<Extractor> make_extractor(const ExtractRequest& request, OutputFile& out);
[[nodiscard]] std::unique_ptr<Extractor> make_ram_extractor(const ExtractRequest& request, OutputFile& out);

}  // namespace mig::replay
