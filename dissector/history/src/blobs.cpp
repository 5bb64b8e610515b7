// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/history/blobs.hpp"

#include <utility>

namespace mig {

std::uint32_t Blobs::open(const Event& header, const Place& at) {
  all_.push_back({header, at, {}, 0, false, false, false});
  return static_cast<std::uint32_t>(all_.size() - 1);
}

void Blobs::append(std::uint32_t number, Bytes bytes) {
  auto& blob = all_[number];
  if (blob.cut) return;
  if (bytes.size() > left_) {
    left_ += blob.bytes.size();
    blob.bytes = {};
    blob.cut = true;
    return;
  }
  left_ -= bytes.size();
  blob.bytes.insert(blob.bytes.end(), bytes.begin(), bytes.end());
}

std::uint32_t BlobCollector::delivered(Blobs& blobs, const Place& at, const Event& event, Bytes raw) {
  const bool remark =
      std::holds_alternative<Resynchronised>(event.body) || std::holds_alternative<Confirmed>(event.body);
  if (remark) return no_blob;  // says something of the parser, not of the stream
  const bool missing = std::holds_alternative<Missing>(event.body);
  auto number =
      std::holds_alternative<Payload>(event.body) ? payload(blobs, raw) : section(blobs, at, event, raw);
  if (std::holds_alternative<PackageBegin>(event.body) && keeps_packages_) {
    number = package_ = blobs.open(event, at);
  } else if (std::holds_alternative<PackageEnd>(event.body)) {
    number = std::exchange(package_, no_blob);
    if (number == no_blob) return number;
    blobs[number].ended = true;
    blobs[number].whole = !blobs[number].cut;
  } else if (package_ != no_blob) {
    blobs[package_].cut = blobs[package_].cut || missing;
    blobs.append(package_, raw);
  }
  return number;
}

/// What is no payload: it begins a blob, ends one, or is a part of a section of known layout.
std::uint32_t BlobCollector::section(Blobs& blobs, const Place& at, const Event& event, Bytes raw) {
  const auto* header = std::get_if<SectionHeader>(&event.body);
  const bool lost =
      std::holds_alternative<Missing>(event.body) || std::holds_alternative<Unparsed>(event.body);
  const bool footer = std::holds_alternative<SectionFooter>(event.body);
  if (open_ != no_blob && (header != nullptr || (!event.extent.in_section && !lost))) end(blobs);
  const bool begins =
      header != nullptr && (header->type == SectionType::start || header->type == SectionType::full);
  if (begins || std::holds_alternative<VmDescription>(event.body)) return open_ = blobs.open(event, at);
  if (open_ == no_blob) return no_blob;
  auto& blob = blobs[open_];
  if (footer) {
    blob.ended = true;
    blob.whole = !blob.cut;
    return std::exchange(open_, no_blob);
  }
  blob.size += event.range.size();
  blob.cut = blob.cut || lost;
  if (!lost) blobs.append(open_, raw);
  return end_by_length(blobs);
}

std::uint32_t BlobCollector::payload(Blobs& blobs, Bytes raw) {
  if (open_ == no_blob) return no_blob;
  auto& blob = blobs[open_];
  blob.size += raw.size();
  blobs.append(open_, raw);
  return end_by_length(blobs);
}

std::uint32_t BlobCollector::end_by_length(Blobs& blobs) {
  auto& blob = blobs[open_];
  const auto* description = std::get_if<VmDescription>(&blob.header.body);
  if (description == nullptr || blob.size < description->length) return no_blob;
  blob.ended = true;
  blob.whole = !blob.cut && blob.bytes.size() == description->length;
  return std::exchange(open_, no_blob);
}

/// Without a footer.
void BlobCollector::end(Blobs& blobs) {
  blobs[open_].ended = !blobs[open_].cut;
  open_ = no_blob;
}

}  // namespace mig
