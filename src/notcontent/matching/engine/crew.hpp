// A few threads that share out numbered pieces of work.
#pragma once

#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace notcontent {

// Call work(unit, member) for every unit in 0 .. units - 1, each once, on up to `members` threads (this one among
// them, as member 0). What one of them throws ends the others after their piece and is thrown here; whatever
// happens, every thread has ended on return.
template <class Work>
void share_out(std::size_t units, std::size_t members, Work work) {
  std::atomic<std::size_t> next{0};
  std::mutex failure_lock;
  std::exception_ptr failure;
  const auto serve = [&](std::size_t member) noexcept {
    try {
      for (std::size_t unit = next++; unit < units; unit = next++) work(unit, member);
    } catch (...) {
      next = units;  // out of memory, mostly: let the others stop as well
      const std::lock_guard<std::mutex> guard(failure_lock);
      failure = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(members);
  for (std::size_t member = 1; member < members && member < units; ++member) {
    try {
      threads.emplace_back(serve, member);
    } catch (const std::system_error&) {
      break;  // the system gives no more threads; those that run take over the rest
    }
  }
  serve(0);
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace notcontent
