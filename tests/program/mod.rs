//! The program as an operator or a script runs it, against nodes made of sshd and recorded answers.

pub mod cluster;
pub mod rhcs_lab;
pub mod rig;
mod shape;
pub mod vmware_lab;

mod cli;
mod garbled;
mod library;
mod members;
mod network;
mod pacemaker_act;
mod pipes;
mod plain;
mod quorum;
mod reach;
mod rhcs_act;
mod rhcs_nodes;
mod rights;
mod services;
mod slow;
mod storage;
mod versions;
mod vmware_service;
