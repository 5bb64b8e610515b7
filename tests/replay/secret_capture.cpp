// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/secret_capture.hpp"

#include <doctest/doctest.h>

#include "replay/analyse_file.hpp"
#include "replay/capture_decoder.hpp"

namespace mig::test {
namespace {

using namespace replay;

bool is_guests(PayloadKind kind) {
  return kind != PayloadKind::vm_description && kind != PayloadKind::received_bitmap &&
         kind != PayloadKind::mapped_ram_bitmap;
}

class StreamTaker final : public Consumer {
 public:
  StreamTaker(SecretStreams& out, std::size_t pages) : out_(out), pages_(pages) {}
  void opened(ConnectionId, const ConnectionInfo& info, Moment) override {
    out_.connections.emplace_back(info.client, info.server);
    counted_.push_back(0);
  }
  void event(const EventContext& context, const Event& event, Bytes raw) override {
    const auto* payload = std::get_if<Payload>(&event.body);
    const auto connection = static_cast<std::size_t>(context.connection);
    if (payload == nullptr && !std::holds_alternative<MultifdPage>(event.body))
      left_out_ = is_superfluous(event.body, counted_[connection]);
    if (left_out_) return;
    SecretPiece piece{connection, context.captured_direction(), {raw.begin(), raw.end()}};
    if (payload != nullptr && is_guests(payload->kind)) {
      for (auto& b : piece.bytes) b = static_cast<std::byte>(secret[next_++ % secret.size()]);
    }
    auto& pieces = out_.pieces;
    const bool goes_on =
        !pieces.empty() && pieces.back().connection == connection && pieces.back().way == piece.way;
    if (!goes_on) return pieces.push_back(std::move(piece));
    pieces.back().bytes.insert(pieces.back().bytes.end(), piece.bytes.begin(), piece.bytes.end());
  }

 private:
  /// The blocks that records name stay known if only those without a name are left out.
  bool is_superfluous(const EventBody& body, std::size_t& counted) const {
    if (const auto* page = std::get_if<PageRecord>(&body)) return !page->names_block && counted++ >= pages_;
    if (const auto* packet = std::get_if<MultifdPacket>(&body))
      return packet->normal_pages + packet->zero_pages != 0 && (counted += 8) > pages_ * 8;
    return false;
  }
  SecretStreams& out_;
  std::size_t pages_;
  std::vector<std::size_t> counted_;
  std::size_t next_ = 0;
  bool left_out_ = false;
};

}  // namespace

std::vector<std::byte> secret_bytes(std::size_t size) {
  std::vector<std::byte> out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(secret[i % secret.size()]);
  return out;
}

SecretStreams secret_streams(const std::string& sample, std::size_t pages) {
  SecretStreams out;
  StreamTaker taker(out, pages);
  CaptureDecoder analysis({&taker});
  std::string warning;
  static_cast<void>(analyse_file(std::string(MIG_SAMPLES) + "/" + sample, analysis, warning));
  REQUIRE(warning.empty());
  return out;
}

std::size_t leaks_in(const std::vector<std::byte>& bytes) {
  constexpr std::size_t part = 4;
  const auto twice = std::string(secret) + std::string(secret);
  const auto text = as_text(bytes);
  std::size_t count = 0;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    const auto wanted = std::string_view(twice).substr(i, part);
    for (auto at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + 1)) ++count;
  }
  return count;
}

}  // namespace mig::test
