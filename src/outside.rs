//! The ways out of the house, as the settings want them.

use std::rc::Rc;
use std::sync::Arc;

use lianxin_actors::channel::{
    BridgeSettings, ChannelName, Gateway, HttpGateway, Outbound, OutboxFile, PushHosts, PushSettings, VapidKey, WebPush,
};
use lianxin_actors::courier::Gateways;
use lianxin_web::api::reachability::Outside;

use crate::config::{Config, GatewayConfig};
use crate::core::{Core, StartError};

/// How long a push service keeps a message for a browser that is off: what is older is in the inbox.
const PUSH_TTL_S: u32 = 24 * 3600;
/// The gateways of `config`; bound to this thread.
///
/// # Errors
/// [`StartError`] naming the setting that makes no sense.
pub fn gateways(config: &Config, core: &Core) -> Result<Gateways, StartError> {
    let outbound = Outbound::new(&config.notify.ca_files)?;
    let bridge = |channel: ChannelName, settings: &GatewayConfig| -> Result<Rc<dyn Gateway>, StartError> {
        if settings.url.is_empty() {
            let file = OutboxFile::open(&config.data_dir, channel, settings.cost_milli_fen)?;
            return Ok(Rc::new(file));
        }
        let GatewayConfig { url, secret, cost_milli_fen, .. } = settings.clone();
        let settings = BridgeSettings { url, secret, cost_milli_fen };
        let gateway = HttpGateway::new(outbound.clone(), channel, &settings, Arc::clone(&core.clock))
            .map_err(|error| format!("notify.{channel}: {error}"))?;
        Ok(Rc::new(gateway))
    };
    let when_on = |channel, settings: &GatewayConfig| settings.enabled.then(|| bridge(channel, settings)).transpose();
    let notify = &config.notify;
    let push = notify.push.enabled.then(|| -> Result<Rc<dyn Gateway>, StartError> {
        let settings =
            PushSettings { subject: notify.push.subject.clone(), hosts: push_hosts(config)?, ttl_s: PUSH_TTL_S };
        let (clock, entropy) = (Arc::clone(&core.clock), Arc::clone(core.ids.entropy()));
        let push = WebPush::new(outbound.clone(), vapid_key(core)?, settings, clock, entropy)
            .map_err(|error| format!("notify.push.subject: {error}"))?;
        Ok(Rc::new(push))
    });
    Ok(Gateways {
        push: push.transpose()?,
        wechat: when_on(ChannelName::Wechat, &notify.wechat)?,
        sms: bridge(ChannelName::Sms, &notify.sms)?,
        voice: when_on(ChannelName::Voice, &notify.voice)?,
    })
}

/// What clients are told of the ways out.
///
/// # Errors
/// [`StartError`] naming the setting that makes no sense.
pub fn shown(config: &Config, core: &Core) -> Result<Outside, StartError> {
    let push = config.notify.push.enabled.then(|| Ok::<_, StartError>((vapid_key(core)?, push_hosts(config)?)));
    Ok(Outside { channels: config.notify.channels(), push: push.transpose()? })
}

fn push_hosts(config: &Config) -> Result<PushHosts, StartError> {
    let hosts = PushHosts::default().and(&config.notify.push.more_hosts);
    Ok(hosts.map_err(|error| format!("notify.push.more_hosts: {error}"))?)
}

fn vapid_key(core: &Core) -> Result<VapidKey, StartError> {
    Ok(VapidKey::from_bytes(&core.secrets.push_key())?)
}
