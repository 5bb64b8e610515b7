// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/record/package_keeper.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

namespace mig::proxy {

/// One connection, read as if source and destination spoke directly to each other.
struct PackageKeeper::Link {
  Link(MigrationSet& set, TcpSynthesizer made) : parser(set, made.key().first), tape(std::move(made)) {}

  ConnectionParser parser;
  TcpSynthesizer tape;
  std::vector<std::byte> chosen;  // of the bytes just read: what is kept
  std::vector<std::byte> blocks;  // of the capture, until they can be written to a file
  bool in_memory_section = false;
  bool in_bitmap = false;
  bool asked_for_page = false;
  bool package_ended = false;  // in the bytes just read
  bool answered = false;       // there, by something that matters for a rescue
  bool completed = false;      // SHUT 0: the destination has everything
  bool given_up = false;
};

/// A migration whose package is on disk.
struct PackageKeeper::Kept {
  std::unique_ptr<NewFile> file;
  std::size_t size = 0;
};

/// Chooses what is kept of the bytes just read.
struct PackageKeeper::Reader final : EventSink {
  Reader(Link& of, Direction way) : link(of), direction(way) {}

  void on_event(const Event& event, Bytes raw) override {
    if (auto* migration = link.parser.migration())  // what it knows decides to which one a connection belongs
      migration->delivered({link.parser.id(), link.parser.kind(), direction}, event, notices);
    const bool wanted = direction == Direction::forward ? source_sent(event) : destination_sent(event);
    if (wanted) link.chosen.insert(link.chosen.end(), raw.begin(), raw.end());
  }

 private:
  /// Memory comes in PART and END sections, which hold nothing that a rescue can use.
  bool source_sent(const Event& event) {
    if (const auto* header = std::get_if<SectionHeader>(&event.body)) {
      const bool repeated = header->type == SectionType::part || header->type == SectionType::end;
      link.in_memory_section = repeated || (header->type == SectionType::full && !header->in_package);
    } else if (!event.extent.in_section) {
      link.in_memory_section = false;
    }
    link.package_ended = link.package_ended || std::holds_alternative<PackageEnd>(event.body);
    return !link.in_memory_section;
  }

  /// All but the requests for pages, which are many; the first one shows that there were any.
  bool destination_sent(const Event& event) {
    if (std::holds_alternative<PageRequest>(event.body)) return !std::exchange(link.asked_for_page, true);
    if (const auto* shut = std::get_if<Shut>(&event.body)) link.completed = shut->value == 0;
    if (std::holds_alternative<RecvBitmap>(event.body)) link.in_bitmap = true;
    const bool wanted = !link.in_bitmap;
    if (std::holds_alternative<RecvBitmapEnd>(event.body)) link.in_bitmap = false;
    link.answered = link.answered || wanted;
    return wanted;
  }

  Link& link;
  Direction direction;
  std::vector<Notice> notices;
};

PackageKeeper::PackageKeeper(std::string path, std::string program,
                             std::function<void(const std::string&)> warn)
    : path_(std::move(path)), program_(std::move(program)), warn_(std::move(warn)) {
  static_cast<void>(NewFile(path_));  // throws where none can be made
}
PackageKeeper::~PackageKeeper() = default;

void PackageKeeper::on(const RelayEvent& event) {
  if (const auto* bytes = std::get_if<BytesMoved>(&event)) return carried(*bytes);
  if (const auto* opening = std::get_if<Opened>(&event)) return opened(*opening);
  if (const auto* ending = std::get_if<LegEnded>(&event)) return ended(*ending);
  if (const auto* gone = std::get_if<Closed>(&event)) return closed(*gone);
}

void PackageKeeper::opened(const Opened& opened) {
  const LegKey key{opened.who.connection, Side::source};
  TcpSynthesizer tape(*this, key, leg_end(key, true, opened.source), leg_end(key, false, opened.here));
  links_.insert_or_assign(key.first, std::make_unique<Link>(set_, std::move(tape)))
      .first->second->tape.open();
}

void PackageKeeper::carried(const BytesMoved& moved) {
  const bool forward = moved.direction == Direction::forward;
  const auto found = links_.find(moved.connection);
  if (found == links_.end() || moved.side != (forward ? Side::source : Side::destination)) return;
  Link& link = *found->second;
  if (link.given_up) return;
  Reader reader(link, moved.direction);
  static_cast<void>(link.parser.feed(moved.direction, moved.bytes, reader));
  switch (link.parser.kind()) {
    case ChannelKind::multifd:
    case ChannelKind::preempt: return drop(link);
    case ChannelKind::tls: return give_up(link, "it is encrypted");
    case ChannelKind::unknown:
    case ChannelKind::main:
    case ChannelKind::main_resumed: break;
  }
  keep(link, moved.direction);
}

void PackageKeeper::keep(Link& link, Direction direction) {
  const auto chosen = std::exchange(link.chosen, {});
  const bool package_ended = std::exchange(link.package_ended, false);
  const bool answered = std::exchange(link.answered, false);
  if (chosen.empty()) return;
  link.tape.carry(direction, chosen, {{chosen.size(), chosen.size()}});
  write(link, package_ended, answered);
  if (link.parser.error(direction)) give_up(link, "what was sent cannot be read");
}

/// What is known of a migration whose package is on disk goes there at once.
void PackageKeeper::write(Link& link, bool package_ended, bool matters) {
  try {
    auto* kept = kept_of(link);
    if (kept == nullptr && package_ended) kept = &put_in_place(link);
    if (link.blocks.size() + (kept != nullptr ? kept->size : 0) > max_kept)
      return give_up(link, "it is larger than " + std::to_string(max_kept >> 20) + " MiB");
    if (kept == nullptr) return;
    kept->size += link.blocks.size();
    kept->file->append(std::exchange(link.blocks, {}));
    package_ended || matters ? kept->file->sync() : kept->file->flush();
    if (link.completed) forget(link.parser.migration()->id());
  } catch (const std::runtime_error& error) {
    give_up(link, error.what());
  }
}
PackageKeeper::Kept& PackageKeeper::put_in_place(Link& link) {
  if (!own_is_over_) set_aside();
  const auto id = link.parser.migration()->id();
  Kept kept{std::make_unique<NewFile>(path_)};
  kept.file->append(pcapng::section_header(program_, ""));
  kept.file->append(pcapng::interface("kept package",
                                      "a migration's main channel as its two ends sent it, without memory"));
  kept.file->append(std::exchange(link.blocks, {}));
  kept.file->commit();
  in_place_ = id;
  own_is_over_ = false;
  return kept_.insert_or_assign(id, std::move(kept)).first->second;
}

/// The second name is made first, so that the file has a name at every moment.
void PackageKeeper::set_aside() const {
  for (unsigned number = 1;; ++number) {
    const auto other = path_ + "." + std::to_string(number);
    if (::link(path_.c_str(), other.c_str()) == 0 || errno == ENOENT) return;
    if (errno != EEXIST)
      throw std::runtime_error(path_ + ": cannot be renamed to " + other + ": " + std::strerror(errno));
  }
}

void PackageKeeper::forget(MigrationId completed) {
  kept_.erase(completed);
  own_is_over_ = own_is_over_ || in_place_ == completed;
}

void PackageKeeper::drop(Link& link) {
  link.given_up = true;
  link.blocks = {};
}

void PackageKeeper::give_up(Link& link, const std::string& why) {
  drop(link);
  if (link.parser.migration() == nullptr && link.parser.kind() != ChannelKind::tls) return;  // a port scan
  if (std::exchange(complete_, false))
    warn_("--keep-package: not all of a migration's package is kept: " + why);
}

PackageKeeper::Kept* PackageKeeper::kept_of(const Link& link) {
  const auto* migration = link.parser.migration();
  const auto found = migration == nullptr ? kept_.end() : kept_.find(migration->id());
  return found == kept_.end() ? nullptr : &found->second;
}

void PackageKeeper::ended(const LegEnded& ended) {
  const auto found = links_.find(ended.connection);
  const bool by_sender =
      ended.side == (ended.direction == Direction::forward ? Side::source : Side::destination);
  if (found == links_.end() || !by_sender || found->second->given_up) return;
  Link& link = *found->second;
  ended.reset ? link.tape.reset(ended.direction) : link.tape.end(ended.direction);
  write(link, false, true);
}

void PackageKeeper::closed(const Closed& closed) {
  const auto found = links_.find(closed.who.connection);
  if (found == links_.end()) return;
  const auto& parser = found->second->parser;
  std::vector<Notice> notices;
  if (auto* migration = parser.migration())
    migration->closed({parser.id(), parser.kind(), closed.from}, closed.reset, notices);
  links_.erase(found);
}

void PackageKeeper::packet(const TcpSynthesizer& leg, const TcpHead& head, const Extent& extent,
                           Bytes payload, std::size_t kept) {
  const PacketHeaders headers(head, payload);
  const auto now = wall_start_.time_since_epoch() + (std::chrono::steady_clock::now() - start_);
  pcapng::PacketHead about;
  about.time_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
  about.outbound = extent.direction == Direction::return_path;
  about.length = headers.bytes().size() + payload.size();
  auto block = pcapng::packet(about, headers.bytes(), payload.first(kept));
  pcapng::seal(block);
  auto& blocks = links_.at(leg.key().first)->blocks;
  blocks.insert(blocks.end(), block.begin(), block.end());
}

}  // namespace mig::proxy
