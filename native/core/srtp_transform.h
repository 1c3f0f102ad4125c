// SRTP as the sender of packets wants it: encrypts what was staged.
#pragma once
#include <memory>
#include <string>

#include "packet_cipher.h"
#include "packet_transform.h"

namespace framelane {

/// A cipher that can be taken away from all who use it: then nothing is sent any more.
struct CipherHolder {
  std::unique_ptr<PacketCipher> cipher;
  std::unique_ptr<PartsCipher> parts;
  SrtpCipher kind;
  std::size_t tag_bytes;
};

class SrtpTransform : public PacketTransform {
 public:
  /// `index`: of the packet that comes first (ROC || SEQ), written by whoever decides it and kept up to date here. Others
  /// follow within 2^15 of the one before. `mki` stands in every packet.
  SrtpTransform(std::shared_ptr<CipherHolder> holder, std::string mki, double *index)
      : holder_(std::move(holder)), mki_(std::move(mki)), index_(index) {}

  std::size_t growth() const override { return holder_->tag_bytes + mki_.size(); }
  bool transform(const StagedPacket *packets, std::size_t count) override;

 private:
  CipherJob job_of(const StagedPacket &packet);

  std::shared_ptr<CipherHolder> holder_;
  std::string mki_;
  double *index_;
};

/// Bytes of an RTP header with its list of sources and its extension, at most `bytes` (RFC 3550 section 5.1).
std::size_t rtp_header_bytes(const std::uint8_t *packet, std::size_t bytes);

}  // namespace framelane
