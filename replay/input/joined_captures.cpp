// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/joined_captures.hpp"

#include <algorithm>
#include <map>

#include "replay/input/capture_trace.hpp"

namespace mig::replay {
namespace {

/// The files of a command line, and which of them belong together.
class Files {
 public:
  explicit Files(const std::vector<std::string>& paths) : paths_(paths), joined_(paths.size()) {
    for (const auto& path : paths) traces_.push_back(trace_of(path));
    std::map<CaptureTrace::Ends, std::vector<std::size_t>> by_ends;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (!traces_[i]) continue;
      for (const auto& [ends, connection] : traces_[i]->connections) by_ends[ends].push_back(i);
    }
    for (const auto& [ends, files] : by_ends) {
      for (const auto a : files) {
        for (const auto b : files) compare(a, b, ends);
      }
    }
  }

  /// The file and all that belong to it; empty: it was in an earlier one's.
  [[nodiscard]] CaptureParts parts_from(std::size_t file) {
    CaptureParts out;
    collect(file, {}, std::nullopt, out);
    std::stable_sort(out.begin(), out.end(), [](const CapturePart& a, const CapturePart& b) {
      return a.first - a.clock_ahead < b.first - b.clock_ahead;
    });
    if (out.empty()) return out;
    const auto origin = out.front();
    for (auto& part : out) {
      const bool same = part.clock_ahead == origin.clock_ahead && part.within == origin.within;
      part.clock_ahead -= origin.clock_ahead;
      part.within =
          same ? std::nullopt : std::optional(part.within.value_or(Time{}) + origin.within.value_or(Time{}));
    }
    return out;
  }

 private:
  struct Link {
    std::size_t to;
    std::optional<ClockOffset> clock;  // nullopt: it is the same
  };

  void compare(std::size_t a, std::size_t b, const CaptureTrace::Ends& ends) {
    if (a >= b || linked(a, b)) return;
    const auto &first = traces_[a]->connections.at(ends), &second = traces_[b]->connections.at(ends);
    if (const auto clock = clock_offset(first, second)) {
      joined_[a].push_back({b, clock});
      joined_[b].push_back({a, ClockOffset{-clock->ahead, clock->within}});
    } else if (continues(first, second) || continues(second, first)) {
      joined_[a].push_back({b, std::nullopt});
      joined_[b].push_back({a, std::nullopt});
    }
  }
  [[nodiscard]] bool linked(std::size_t a, std::size_t b) const {
    return std::any_of(joined_[a].begin(), joined_[a].end(), [&](const Link& l) { return l.to == b; });
  }
  void collect(std::size_t file, Time ahead, std::optional<Time> within, CaptureParts& out) {
    if (std::exchange(taken_[file], true)) return;
    out.push_back({paths_[file], traces_[file] ? traces_[file]->first : Time{}, ahead, within});
    for (const auto& link : joined_[file]) {
      if (!link.clock)
        collect(link.to, ahead, within, out);
      else
        collect(link.to, ahead + link.clock->ahead, within.value_or(Time{}) + link.clock->within, out);
    }
  }

  const std::vector<std::string>& paths_;
  std::vector<std::optional<CaptureTrace>> traces_;
  std::vector<std::vector<Link>> joined_;
  std::map<std::size_t, bool> taken_;
};

/// Parts are open only while they are read: a rotation may have very many.
class JoinedSource final : public PacketSource {
 public:
  explicit JoinedSource(const CaptureParts& parts) {
    interfaces_.clear();
    for (const auto& part : parts) parts_.push_back({part, nullptr, {}, nullptr, {}});
  }

  const Packet* next() override {
    if (last_ != nullptr) advance(*last_);
    last_ = earliest();
    if (last_ == nullptr) return nullptr;
    now_ = *last_->head;
    now_.moment = {now_.moment.time - last_->part.clock_ahead, ++number_};
    now_.interface = interface_of(*last_, now_.interface);
    return &now_;
  }

 private:
  struct Part {
    CapturePart part;
    std::unique_ptr<PacketSource> source;
    std::shared_ptr<const std::string> damage;
    const Packet* head;                     // nullptr: not open, or at its end
    std::vector<std::uint32_t> interfaces;  // of interfaces()
  };

  void advance(Part& p) {
    p.head = p.source->next();
    if (p.head != nullptr) return;
    for (const auto& why : {p.source->warning(), *p.damage}) {
      if (!why.empty()) warning_ += (warning_.empty() ? "" : "\n") + why;
    }
    p.source.reset();
  }
  Part* earliest() {
    Part* out = nullptr;
    const auto time = [](const Part& p) { return p.head->moment.time - p.part.clock_ahead; };
    for (auto& p : parts_) {
      // Those behind it begin later.
      if (opened_ == static_cast<std::size_t>(&p - parts_.data()) &&
          (out == nullptr || p.part.first - p.part.clock_ahead <= time(*out)))
        open(p);
      if (p.head != nullptr && (out == nullptr || time(p) < time(*out))) out = &p;
    }
    return out;
  }
  void open(Part& p) {
    ++opened_;
    auto file = open_packed(p.part.path);
    p.damage = file.damage;
    p.source = open_packets(std::move(file), p.part.path);
    advance(p);
  }
  std::uint32_t interface_of(Part& p, std::uint32_t index) {
    const auto& theirs = p.source->interfaces();
    while (p.interfaces.size() <= index) {
      const auto& one = theirs[p.interfaces.size()];
      auto known = std::find_if(interfaces_.begin(), interfaces_.end(), [&](const CaptureInterface& i) {
        return i.name == one.name && i.pages_recorded == one.pages_recorded;
      });
      if (known == interfaces_.end()) known = interfaces_.insert(known, one);
      p.interfaces.push_back(static_cast<std::uint32_t>(known - interfaces_.begin()));
    }
    return p.interfaces[index];
  }

  std::vector<Part> parts_;
  std::size_t opened_ = 0;  // so many of parts_
  Part* last_ = nullptr;
  Packet now_;
  std::uint64_t number_ = 0;
};

}  // namespace

std::vector<CaptureParts> join_captures(const std::vector<std::string>& paths) {
  Files files(paths);
  std::vector<CaptureParts> out;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (auto parts = files.parts_from(i); !parts.empty()) out.push_back(std::move(parts));
  }
  return out;
}

std::unique_ptr<PacketSource> open_joined(const CaptureParts& parts) {
  return std::make_unique<JoinedSource>(parts);
}

}  // namespace mig::replay
