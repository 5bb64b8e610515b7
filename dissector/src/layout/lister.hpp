// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "layout/io.hpp"
#include "mig/stream_tables.hpp"

namespace mig {

/// Body -> its fields, each with its place. Without tables every text is empty.
class Lister : public LayoutIo<Lister> {
 public:
  constexpr Lister(const StreamTables* tables, FieldList& out) noexcept : tables_(tables), out_(out) {}

  /// Bytes of all that was walked.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return at_; }

  template <std::size_t width, class T>
  constexpr void number(std::string_view name, const T& value, Show show) {
    out_.add({name, show.style, static_cast<std::uint64_t>(value), {}, take(width), show.quiet});
  }
  template <class High, class Low>
  constexpr void packed(std::string_view name, const High& high, const Low&, Split, Show show) {
    number<8>(name, high, show);
  }
  /// A number with a name of its own.
  template <class T>
  constexpr void choice(std::string_view name, const T& value, std::string_view text) {
    out_.add({name, FieldStyle::text, static_cast<std::uint64_t>(value), text, take(1), false});
  }
  template <std::size_t width, class Id>
  constexpr void text(std::string_view name, Id id) {
    at_ += width;
    const auto value = text_of(id);
    out_.add({name, FieldStyle::text, 0, value, take(value.size()), false, true});
  }
  template <class Id>
  constexpr void padded(std::string_view name, Id id, std::size_t size) {
    const auto value = text_of(id);
    out_.add({name, FieldStyle::text, 0, value, take(value.size()), false, true});
    at_ += size - value.size();
  }
  template <class Array>
  constexpr void bytes(std::string_view name, const Array& value) {
    const std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
    out_.add({name, FieldStyle::bytes, 0, text, take(value.size()), false});
  }
  /// 1, 2 or 4 bytes, of which the highest bits say how many.
  template <class T>
  constexpr void growing(std::string_view name, const T& value, Show show) {
    const std::size_t width = value > 0xffff ? 4 : value > 0xff ? 2 : 1;
    out_.add({name, show.style, static_cast<std::uint64_t>(value), {}, take(width), show.quiet});
  }
  template <std::size_t width>
  constexpr void constant(std::uint64_t) {
    at_ += width;
  }
  constexpr void constant_text(std::string_view value) { at_ += 1 + value.size(); }
  constexpr void ignored(std::size_t size) { at_ += size; }
  template <class Inner>
  constexpr void framed(std::uint16_t type, const Inner& inner, Counted counted) {
    number<2>("type", type, quiet);
    const auto span = take(2);
    auto* length =
        counted.lists_length ? out_.add({"length", FieldStyle::decimal, 0, {}, span, true}) : nullptr;
    const auto begin = at_;
    inner();
    if (length != nullptr) length->number = at_ - begin + counted.behind;
  }

  template <class T>
  constexpr void derived(std::string_view name, const T& value, Show show = decimal) {
    out_.add({name, show.style, static_cast<std::uint64_t>(value), {}, {}, show.quiet});
  }
  constexpr void derived_text(std::string_view name, std::string_view value) {
    out_.add({name, FieldStyle::text, 0, value, {}, false});
  }
  template <class Id>
  constexpr void derived_name(std::string_view name, Id id) {
    derived_text(name, text_of(id));
  }
  constexpr void flag(std::string_view name, bool value) {
    if (value) out_.add({name, FieldStyle::flag, 1, {}, {}, false});
  }

 private:
  constexpr WireSpan take(std::size_t size) noexcept {
    const WireSpan span{static_cast<std::uint16_t>(at_), static_cast<std::uint16_t>(size)};
    at_ += size;
    return span;
  }
  [[nodiscard]] constexpr std::string_view text_of(NameId id) const noexcept {
    return tables_ != nullptr ? tables_->name(id) : std::string_view();
  }
  [[nodiscard]] constexpr std::string_view text_of(BlockId id) const noexcept {
    return tables_ != nullptr ? tables_->block_name(id) : std::string_view();
  }

  const StreamTables* tables_;
  FieldList& out_;
  std::size_t at_ = 0;
};

}  // namespace mig
