// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/streams/qcow2.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <stdexcept>

#include "common/text.hpp"
#include "replay/input/streams/qcow2_image.hpp"
#include "replay/input/unpacker.hpp"

namespace mig::replay {
namespace {

/// The VM state of one snapshot.
class StateSource final : public ByteSource {
 public:
  StateSource(std::shared_ptr<Qcow2Image> image, Qcow2Snapshot snapshot, std::shared_ptr<std::string> damage)
      : image_(std::move(image)), snapshot_(std::move(snapshot)), damage_(std::move(damage)) {}
  ssize_t read(void* out, std::size_t size) override {
    try {
      const auto n = image_->read_state(snapshot_, offset_, {static_cast<std::byte*>(out), size});
      offset_ += n;
      return static_cast<ssize_t>(n);
    } catch (const std::exception& e) {  // the C library calls this
      if (damage_->empty()) *damage_ = e.what();
      errno = EILSEQ;
      return -1;
    }
  }

 private:
  std::shared_ptr<Qcow2Image> image_;
  Qcow2Snapshot snapshot_;
  std::shared_ptr<std::string> damage_;
  std::uint64_t offset_ = 0;
};

std::string size_text(std::uint64_t bytes) { return std::to_string(bytes) + " bytes"; }

/// "suspend" (id 1, 4784278 bytes of VM state): of each.
std::string list_of(const std::vector<Qcow2Snapshot>& snapshots) {
  std::string out;
  for (const auto& s : snapshots) {
    const auto state = s.state_size == 0 ? "no VM state" : size_text(s.state_size) + " of VM state";
    out += (out.empty() ? "" : "; ") + ("\"" + printable(s.name)) + "\" (id " + printable(s.id) + ", " +
           state + ")";
  }
  return out;
}

std::string utc(std::uint32_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", ::gmtime_r(&time, &parts));
  return text.data();
}

StreamOrigin origin_of(const Qcow2Snapshot& snapshot) {
  StreamOrigin out;
  out.kind = "qcow2 snapshot";
  out.facts = {{"snapshot", printable(snapshot.name)},
               {"id", printable(snapshot.id)},
               {"taken", utc(snapshot.seconds)},
               {"vm_state", size_text(snapshot.state_size)}};
  return out;
}

StreamFile open_state(const std::shared_ptr<Qcow2Image>& image, const Qcow2Snapshot& snapshot,
                      const std::string& path) {
  const auto damage = std::make_shared<std::string>();
  auto file = unpack(std::make_unique<StateSource>(image, snapshot, damage), 0, path);
  return {std::move(file), origin_of(snapshot), damage};
}

/// Its size is what the table says; what is not allocated reads as zeros.
bool is_believable(const Qcow2Snapshot& snapshot, std::uint64_t file_size) {
  return snapshot.state_size <= std::max(Unpacker::always_unpacked, file_size * Unpacker::max_ratio);
}

}  // namespace

bool is_qcow2(const std::string& first) noexcept { return first.starts_with("QFI\xfb"); }

std::vector<StreamFile> open_qcow2(CompressedFile& file, const std::string& path,
                                   const std::string& wanted) try {
  const auto image = std::make_shared<Qcow2Image>(random_access(file, path));
  const auto& all = image->snapshots();
  if (all.empty())
    throw std::runtime_error("a qcow2 image without internal snapshots: there is no VM state in it");
  std::vector<StreamFile> out;
  for (const auto& s : all) {
    const bool chosen = wanted.empty() || s.name == wanted || s.id == wanted;
    if (!chosen || s.state_size == 0) continue;
    if (!is_believable(s, image->file_size()))
      throw std::runtime_error("a qcow2 image, but the size of the VM state of snapshot \"" +
                               printable(s.name) + "\" is damaged: " + size_text(s.state_size));
    out.push_back(open_state(image, s, path));
  }
  if (out.empty())
    throw std::runtime_error("a qcow2 image, but " +
                             (wanted.empty()
                                  ? "no snapshot has a VM state"
                                  : "it has no snapshot \"" + printable(wanted) + "\" with a VM state") +
                             "; there are " + list_of(all));
  return out;
} catch (const std::runtime_error& e) {
  throw std::runtime_error(path + ": " + e.what());
}

}  // namespace mig::replay
