// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <variant>
#include <vector>

#include "layout/io.hpp"
#include "mig/bytes.hpp"
#include "mig/encode.hpp"

namespace mig {

/// The bytes of a unit -> the same bytes, but for one field. Where that is a text of another length, the
/// lengths that count it are counted again.
class Setter : public LayoutIo<Setter> {
 public:
  Setter(Bytes raw, std::string_view field, const FieldValue& value) noexcept
      : rest_(raw),
        field_(field),
        number_(std::get_if<std::uint64_t>(&value)),
        text_(std::get_if<std::string_view>(&value)) {}

  /// nullopt: there is no such field, or the value does not fit into it.
  [[nodiscard]] std::optional<std::vector<std::byte>> take() noexcept {
    return done_ ? std::optional(std::move(out_)) : std::nullopt;
  }

  template <std::size_t width, class T>
  void number(std::string_view name, const T&, Show) {
    set_or_copy(name, width);
  }
  template <class High, class Low>
  void packed(std::string_view name, const High&, const Low& low, Split split, Show) {
    if (!sets_number(name)) return copy(8);
    const auto value = split.shifted ? *number_ << split.bits : *number_;
    put(value | static_cast<std::uint64_t>(low), 8);
  }
  template <class T>
  void choice(std::string_view name, const T&, std::string_view) {
    set_or_copy(name, 1);
  }
  template <std::size_t width, class Id>
  void text(std::string_view name, Id) {
    const auto size = load_number(width);
    if (name != field_ || text_ == nullptr) return copy(width + size);
    rest_ = rest_.subspan(width + size);
    append_number(text_->size(), width);
    append(*text_);
    done_ = width > 1 || text_->size() <= 0xff;
  }
  template <class Id>
  void padded(std::string_view name, Id, std::size_t size) {
    if (name != field_ || text_ == nullptr || text_->size() > size) return copy(size);
    rest_ = rest_.subspan(size);
    append(*text_);
    out_.insert(out_.end(), size - text_->size(), std::byte{0});
    done_ = true;
  }
  template <class Array>
  void bytes(std::string_view, const Array& value) {
    copy(value.size());
  }
  template <class T>
  void growing(std::string_view name, const T& value, Show) {
    set_or_copy(name, value > 0xffff ? 4 : value > 0xff ? 2 : 1);
  }
  template <std::size_t width>
  void constant(std::uint64_t) {
    copy(width);
  }
  void constant_text(std::string_view value) { copy(1 + value.size()); }
  void ignored(std::size_t size) { copy(size); }
  template <class Inner>
  void framed(std::uint16_t, const Inner& inner, Counted counted) {
    set_or_copy("type", 2);
    const auto length = load_number(2);
    const auto at = out_.size();
    counted.lists_length ? set_or_copy("length", 2) : copy(2);
    const auto out = out_.size();
    const auto in = rest_.size();
    inner();
    const auto grown = (out_.size() - out) - (in - rest_.size());
    if (grown == 0) return;
    out_[at] = static_cast<std::byte>((length + grown) >> 8 & 0xff);
    out_[at + 1] = static_cast<std::byte>((length + grown) & 0xff);
  }

 private:
  [[nodiscard]] bool sets_number(std::string_view name) const noexcept {
    return name == field_ && number_ != nullptr;
  }
  void set_or_copy(std::string_view name, std::size_t width) {
    const bool fits = number_ != nullptr && (width == 8 || *number_ >> (8 * width) == 0);
    sets_number(name) && fits ? put(*number_, width) : copy(width);
  }
  void put(std::uint64_t value, std::size_t width) {
    rest_ = rest_.subspan(width);
    append_number(value, width);
    done_ = true;
  }
  [[nodiscard]] std::size_t load_number(std::size_t width) const {
    std::size_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = value << 8 | load_u8(rest_, i);
    return value;
  }
  void append_number(std::uint64_t value, std::size_t width) {
    while (width-- > 0) out_.push_back(static_cast<std::byte>(value >> (8 * width) & 0xff));
  }
  void append(std::string_view text) {
    const auto bytes = as_bytes(text);
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
  void copy(std::size_t size) {
    out_.insert(out_.end(), rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(size));
    rest_ = rest_.subspan(size);
  }

  Bytes rest_;
  std::string_view field_;
  const std::uint64_t* number_;
  const std::string_view* text_;
  std::vector<std::byte> out_;
  bool done_ = false;
};

}  // namespace mig
