#include "judge/gpu_seat.h"

namespace ka {

Task<Status> GpuSeat::sit(LeaseUse use, std::string doing) {
  place_ = Lease();
  use_ = use;
  doing_ = std::move(doing);
  if (gpu_.empty()) co_return Status();
  LeaseRequest request;
  request.gpu = gpu_;
  request.use = use;
  request.doing = doing_;
  request.progress = progress_;
  KA_CO_TRY(place_, co_await take_lease(loop_, std::move(request)));
  co_return Status();
}

Task<Status> GpuSeat::claim(double bytes, double total) {
  if (gpu_.empty() || total <= 0) co_return Status();
  place_ = Lease();
  memory_ = Lease();
  MemoryRequest request;
  request.gpu = gpu_;
  request.share = bytes / total;
  request.progress = progress_;
  KA_CO_TRY(memory_, co_await take_memory(loop_, std::move(request)));
  if (use_) {
    KA_CO_CHECK_OK(co_await sit(*use_, doing_));
  }
  co_return Status();
}

}  // namespace ka
