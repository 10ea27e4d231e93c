#include "pile.hpp"

#include <algorithm>

namespace notcontent {
namespace {

constexpr std::size_t word_at(std::size_t row, std::size_t word) {
  return row / kBlockRows * kBlockWords + word * kBlockRows + row % kBlockRows;
}

}  // namespace

Words Chunks::row(std::size_t row) const {
  const std::uint64_t* blocks = chunks_[row / kChunkRows]->blocks;
  Words words;
  for (std::size_t w = 0; w < kRowWords; ++w) words[w] = blocks[word_at(row % kChunkRows, w)];
  return words;
}

std::vector<Rows> Chunks::tiles() const {
  std::vector<Rows> tiles;
  tiles.reserve(chunks_.size());
  std::size_t left = count_;
  for (const std::shared_ptr<Chunk>& chunk : chunks_) {
    tiles.push_back({chunk->blocks, chunk->ids, std::min(left, kChunkRows)});
    left -= tiles.back().count;
  }
  return tiles;
}

void Chunks::put(std::size_t row, const Words& words, std::uint32_t id) noexcept {
  Chunk& chunk = *chunks_[row / kChunkRows];
  for (std::size_t w = 0; w < kRowWords; ++w) chunk.blocks[word_at(row % kChunkRows, w)] = words[w];
  chunk.ids[row % kChunkRows] = id;
}

// The last row fills the gap, and what was taken out does not stay behind.
void Chunks::take(std::size_t row) noexcept {
  const std::size_t last = count_ - 1;
  put(row, this->row(last), id(last));
  put(last, Words{}, 0);
  count_ = last;
}

void Pile::add(const std::vector<Words>& rows, const std::vector<std::uint32_t>& ids) {
  if (ids.size() >= IdTable::kNoRow - now_->count_) throw std::length_error("no room left");
  rows_of_ids_.reserve(now_->count_ + ids.size());
  std::size_t inserted = 0;
  try {
    for (; inserted < ids.size(); ++inserted) {
      if (!rows_of_ids_.insert(ids[inserted], static_cast<std::uint32_t>(now_->count_ + inserted))) {
        throw DuplicateId("an id is held already or was given twice");
      }
    }
    auto next = std::make_shared<Chunks>(*now_);
    next->count_ = now_->count_ + ids.size();
    if (now_->count_ % Chunks::kChunkRows != 0) {
      next->chunks_.back() = std::make_shared<Chunks::Chunk>(*now_->chunks_.back());
    }
    while (next->chunks_.size() < next->chunk_count()) next->chunks_.push_back(std::make_shared<Chunks::Chunk>());
    for (std::size_t i = 0; i < ids.size(); ++i) next->put(now_->count_ + i, rows[i], ids[i]);
    now_ = std::move(next);
  } catch (...) {
    while (inserted > 0) rows_of_ids_.erase(ids[--inserted]);
    throw;
  }
}

Pile::Removal Pile::prepared(const std::vector<std::uint32_t>& ids) const {
  Removal removal{nullptr, {}};
  for (const std::uint32_t id : ids) {
    if (holds(id)) removal.ids.push_back(id);
  }
  std::sort(removal.ids.begin(), removal.ids.end());
  removal.ids.erase(std::unique(removal.ids.begin(), removal.ids.end()), removal.ids.end());
  if (removal.ids.empty()) return removal;

  // The last rows fill the gaps, so their chunks change as well.
  std::vector<bool> touched(now_->chunks_.size());
  for (const std::uint32_t id : removal.ids) touched[rows_of_ids_.find(id) / Chunks::kChunkRows] = true;
  for (std::size_t row = now_->count_ - removal.ids.size(); row < now_->count_; ++row) {
    touched[row / Chunks::kChunkRows] = true;
  }
  removal.next = std::make_shared<Chunks>(*now_);
  for (std::size_t c = 0; c < touched.size(); ++c) {
    if (touched[c]) removal.next->chunks_[c] = std::make_shared<Chunks::Chunk>(*now_->chunks_[c]);
  }
  return removal;
}

void Pile::remove(Removal&& removal) noexcept {
  if (removal.ids.empty()) return;
  Chunks& next = *removal.next;
  for (const std::uint32_t id : removal.ids) {
    const std::uint32_t row = rows_of_ids_.find(id);
    rows_of_ids_.move(next.id(next.size() - 1), row);
    rows_of_ids_.erase(id);
    next.take(row);
  }
  next.chunks_.resize(next.chunk_count());
  now_ = std::move(removal.next);
}

}  // namespace notcontent
