#include "brute.hpp"

#include <algorithm>
#include <cstring>

namespace notcontent {
namespace {

constexpr std::uint64_t kIdLimit = std::uint64_t{1} << 32;

std::uint64_t& word_at(std::uint64_t* blocks, std::size_t row, std::size_t word) {
  return blocks[row / kBlockRows * kBlockWords + word * kBlockRows + row % kBlockRows];
}

}  // namespace

Brute::Brute(const Kernels& kernels) : kernels_(kernels), current_(std::make_shared<const Snapshot>()) {}

std::shared_ptr<const Brute::Snapshot> Brute::snapshot() const {
  const std::lock_guard<std::mutex> guard(publish_lock_);
  return current_;
}

void Brute::publish(std::shared_ptr<const Snapshot> next) noexcept {
  const std::lock_guard<std::mutex> guard(publish_lock_);
  current_.swap(next);
}

std::size_t Brute::size() const { return snapshot()->count; }

std::vector<std::uint32_t> Brute::numbered(std::size_t count) const {
  if (count > kIdLimit - next_id_) throw std::length_error("no ids left");
  std::vector<std::uint32_t> ids(count);
  for (std::size_t i = 0; i < count; ++i) ids[i] = static_cast<std::uint32_t>(next_id_ + i);
  return ids;
}

std::shared_ptr<Brute::Snapshot> Brute::grown(const Snapshot& now, const std::uint8_t* rows,
                                              const std::vector<std::uint32_t>& ids) const {
  auto next = std::make_shared<Snapshot>(now);
  if (now.count % kChunkRows != 0) next->chunks.back() = std::make_shared<Chunk>(*now.chunks.back());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::size_t row = (now.count + i) % kChunkRows;
    if (row == 0) next->chunks.push_back(std::make_shared<Chunk>());
    Chunk& chunk = *next->chunks.back();
    std::uint64_t words[kRowWords];
    std::memcpy(words, rows + i * kRowBytes, kRowBytes);  // the caller's array may lie at an odd address
    for (std::size_t w = 0; w < kRowWords; ++w) word_at(chunk.blocks, row, w) = words[w];
    chunk.ids[row] = ids[i];
  }
  next->count = now.count + ids.size();
  return next;
}

std::vector<std::uint32_t> Brute::add(const std::uint8_t* rows, std::size_t count,
                                      std::optional<std::vector<std::uint32_t>> given) {
  const std::lock_guard<std::mutex> guard(write_lock_);
  std::vector<std::uint32_t> ids = given ? std::move(*given) : numbered(count);
  const std::shared_ptr<const Snapshot> now = snapshot();
  if (count >= IdTable::kNoRow - now->count) throw std::length_error("no ids left");
  rows_of_ids_.reserve(now->count + count);

  std::size_t inserted = 0;
  std::shared_ptr<const Snapshot> next;
  try {
    for (; inserted < count; ++inserted) {
      if (!rows_of_ids_.insert(ids[inserted], static_cast<std::uint32_t>(now->count + inserted))) {
        throw DuplicateId("an id is held already or was given twice");
      }
    }
    next = grown(*now, rows, ids);
  } catch (...) {
    while (inserted > 0) rows_of_ids_.erase(ids[--inserted]);
    throw;
  }
  for (const std::uint32_t id : ids) next_id_ = std::max(next_id_, std::uint64_t{id} + 1);
  publish(std::move(next));
  return ids;
}

void Brute::move_row(Snapshot& state, std::size_t from, std::size_t to) noexcept {
  Chunk& source = *state.chunks[from / kChunkRows];
  Chunk& target = *state.chunks[to / kChunkRows];
  for (std::size_t w = 0; w < kRowWords; ++w) {
    std::uint64_t& word = word_at(source.blocks, from % kChunkRows, w);
    word_at(target.blocks, to % kChunkRows, w) = word;
    word = 0;  // what was taken out does not stay behind; also right when from == to
  }
  target.ids[to % kChunkRows] = source.ids[from % kChunkRows];
}

std::size_t Brute::remove(const std::vector<std::uint32_t>& ids) {
  const std::lock_guard<std::mutex> guard(write_lock_);
  const std::shared_ptr<const Snapshot> now = snapshot();
  std::vector<bool> touched(now->chunks.size());
  std::size_t named = 0;  // ids that are held; one named twice counts twice here, which only copies more
  for (const std::uint32_t id : ids) {
    const std::uint32_t row = rows_of_ids_.find(id);
    if (row == IdTable::kNoRow) continue;
    touched[row / kChunkRows] = true;
    ++named;
  }
  if (named == 0) return 0;

  // The last rows fill the gaps, so their chunks change as well. All copies are made before the first change:
  // from there on nothing can fail.
  for (std::size_t row = now->count - std::min(named, now->count); row < now->count; ++row) {
    touched[row / kChunkRows] = true;
  }
  auto next = std::make_shared<Snapshot>(*now);
  for (std::size_t c = 0; c < touched.size(); ++c) {
    if (touched[c]) next->chunks[c] = std::make_shared<Chunk>(*now->chunks[c]);
  }
  for (const std::uint32_t id : ids) {
    const std::uint32_t row = rows_of_ids_.find(id);
    if (row == IdTable::kNoRow) continue;
    const std::size_t last = --next->count;
    rows_of_ids_.move(next->chunks[last / kChunkRows]->ids[last % kChunkRows], row);
    rows_of_ids_.erase(id);
    move_row(*next, last, row);
  }
  next->chunks.resize((next->count + kChunkRows - 1) / kChunkRows);
  const std::size_t removed = now->count - next->count;
  publish(std::move(next));
  return removed;
}

Found Brute::search(const std::vector<std::uint64_t>& queries, std::uint32_t radius, unsigned threads) const {
  const std::shared_ptr<const Snapshot> now = snapshot();
  std::vector<Rows> tiles;
  tiles.reserve(now->chunks.size());
  std::size_t left = now->count;
  for (const std::shared_ptr<Chunk>& chunk : now->chunks) {
    tiles.push_back({chunk->blocks, chunk->ids, std::min(left, kChunkRows)});
    left -= tiles.back().count;
  }
  return notcontent::search(tiles, queries, radius, threads, kernels_);
}

}  // namespace notcontent
